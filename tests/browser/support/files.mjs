// Files that people attach, made on the spot.

/** A small photo, drawn by the browser of a page; `colour` makes it another one. */
export async function jpeg(page, colour = "#b5523b") {
  const address = await page.evaluate((fill) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#e8d6c6";
    pen.fillRect(0, 0, 640, 480);
    pen.fillStyle = fill;
    pen.arc(320, 240, 120, 0, 7);
    pen.fill();
    return canvas.toDataURL("image/jpeg", 0.85);
  }, colour);
  return Buffer.from(address.split(",")[1], "base64");
}

/** One page of A4 with one line (ISO 32000, the smallest that is whole). */
export function pdf(line) {
  const content = `BT /F1 20 Tf 60 760 Td (${line}) Tj ET`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  let text = "%PDF-1.4\n";
  const places = objects.map((object, n) => {
    const at = text.length;
    text += `${n + 1} 0 obj\n${object}\nendobj\n`;
    return at;
  });
  const table = places.map((at) => `${String(at).padStart(10, "0")} 00000 n \n`).join("");
  const trailer = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`;
  return Buffer.from(`${text}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}${trailer}`, "latin1");
}
