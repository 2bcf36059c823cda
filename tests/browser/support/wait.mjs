// Waiting for conditions, never for time.

/** Asks again until the answer is truthy, and returns it. */
export async function until(what, ask, milliseconds = 10_000) {
  const end = performance.now() + milliseconds;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (performance.now() > end) throw new Error(`waited ${milliseconds} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
