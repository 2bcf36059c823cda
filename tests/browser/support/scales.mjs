// What a page weighs.

/** Weighs what travels without a cache, pictures of posts left out: `() => {all, script}` since the last time. */
export async function scales(context, page) {
  const devtools = await context.newCDPSession(page);
  await devtools.send("Network.enable");
  await devtools.send("Network.setCacheDisabled", { cacheDisabled: true });
  const kinds = new Map();
  let sum = { all: 0, script: 0 };
  devtools.on("Network.responseReceived", ({ requestId, type, response }) =>
    kinds.set(requestId, response.url.includes("/files/") ? "Photo" : type));
  devtools.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const kind = kinds.get(requestId);
    if (kind === "Photo" || kind === "EventSource") return;
    sum.all += encodedDataLength;
    if (kind === "Script") sum.script += encodedDataLength;
  });
  return () => {
    const weighed = sum;
    sum = { all: 0, script: 0 };
    return weighed;
  };
}
