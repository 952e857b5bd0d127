// Tells the page how much memory the worker's program has.
{
  const instantiate = WebAssembly.instantiateStreaming;
  WebAssembly.instantiateStreaming = async (...args) => {
    const program = await instantiate.apply(WebAssembly, args);
    const channel = new BroadcastChannel("soak");
    channel.onmessage = () => channel.postMessage(program.instance.exports.mem.buffer.byteLength);
    return program;
  };
}
