//! Pictures that only C libraries can read, made by Debian's tools inside the [`Sandbox`].

use crate::{
    Error,
    sandbox::{Job, Sandbox},
};

const HEIF: &str = "heif-convert";
const POPPLER: &str = "pdftoppm";

/// Turns a HEIC picture into a JPEG for [`crate::picture`] to clean. The tool has applied the rotation that
/// the container asks for (ISO/IEC 23008-12, 6.5.10), so an orientation left in EXIF is to be ignored.
///
/// # Errors
/// As [`Error`] says for tools; a picture that the tool cannot read is [`Error::Broken`].
pub async fn heic_to_jpeg(sandbox: &Sandbox, heic: &[u8]) -> Result<Vec<u8>, Error> {
    let args = ["--quiet", "-q", "95", "in.heic", "out.jpg"];
    // The tool numbers its output when a file holds several pictures; the first is enough.
    let outputs = ["out.jpg", "out-1.jpg"];
    let job = Job { tool: HEIF, args: &args, input: heic, input_name: "in.heic", outputs: &outputs };
    sandbox.run(&job).await.map_err(|error| match error {
        Error::ToolFailed { .. } => Error::Broken,
        other => other,
    })
}

/// Draws the first page of a PDF as a JPEG whose longer side has `side` pixels.
///
/// # Errors
/// As [`Error`] says for tools; [`Error::ToolFailed`] also for a PDF that needs a password.
pub async fn pdf_first_page(sandbox: &Sandbox, pdf: &[u8], side: u32) -> Result<Vec<u8>, Error> {
    let side = side.to_string();
    let args =
        ["-q", "-jpeg", "-singlefile", "-f", "1", "-l", "1", "-cropbox", "-scale-to", &side, "in.pdf", "out"];
    let job = Job { tool: POPPLER, args: &args, input: pdf, input_name: "in.pdf", outputs: &["out.jpg"] };
    sandbox.run(&job).await
}
