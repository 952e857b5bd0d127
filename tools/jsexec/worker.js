"use strict";
// Runs the program in this worker. Requests are synchronous (workers may do that), so output arrives in order and nothing is lost
// when the program ends or the worker dies right afterwards.
const base = "/jsexec/";

function send(method, url, body, type) {
  const r = new XMLHttpRequest();
  r.open(method, base + url, false);
  if (type) r.responseType = type;
  r.send(body);
  return r;
}

function failure(code) {
  const e = new Error(code);
  e.code = code;
  return e;
}

// A read-only file system over the program's folder, in the shape of node's fs that Go expects.
const open = new Map();
let nextFile = 100;

function stat(path) {
  const r = send("GET", "stat?path=" + encodeURIComponent(path));
  if (r.status !== 200) throw failure(r.responseText.trim());
  const s = JSON.parse(r.responseText);
  return {
    dev: 0, ino: 0, mode: s.dir ? 0o040555 : 0o100444, nlink: 1, uid: 0, gid: 0, rdev: 0, size: s.size, blksize: 4096, blocks: 0,
    atimeMs: s.modified, mtimeMs: s.modified, ctimeMs: s.modified, names: s.names, isDirectory: () => s.dir,
  };
}

// async turns a function that returns or throws into node's callback form.
const async = (f) => (...args) => {
  const done = args.pop();
  let value;
  try { value = f(...args); } catch (e) { return done(e); }
  done(null, value);
};

const files = {
  constants: { O_WRONLY: 1, O_RDWR: 2, O_CREAT: 64, O_TRUNC: 512, O_APPEND: 1024, O_EXCL: 128, O_DIRECTORY: 65536 },
  writeSync(fd, bytes) {
    send("POST", "write?fd=" + fd, bytes.slice());
    return bytes.length;
  },
  write(fd, buffer, offset, length, position, done) {
    if (fd > 2) return done(failure("EROFS"));
    done(null, this.writeSync(fd, buffer.subarray(offset, offset + length)));
  },
  open: async((path, flags) => {
    if (flags & (1 | 2 | 64 | 512 | 1024)) throw failure("EROFS");
    const s = stat(path);
    open.set(++nextFile, { path, stat: s, position: 0 });
    return nextFile;
  }),
  close: async((fd) => { open.delete(fd); }),
  fstat: async((fd) => {
    if (!open.has(fd)) throw failure("EBADF");
    return open.get(fd).stat;
  }),
  stat: async(stat),
  lstat: async(stat),
  readdir: async((path) => stat(path).names),
  read: async((fd, buffer, offset, length, position) => {
    if (fd === 0) return 0;
    const f = open.get(fd);
    if (!f) throw failure("EBADF");
    if (f.stat.isDirectory()) throw failure("EISDIR");
    if (!f.bytes) {
      const r = send("GET", "file?path=" + encodeURIComponent(f.path), null, "arraybuffer");
      if (r.status !== 200) throw failure("EIO");
      f.bytes = new Uint8Array(r.response);
    }
    const at = position ?? f.position;
    const part = f.bytes.subarray(at, at + length);
    buffer.set(part, offset);
    if (position == null) f.position += part.length;
    return part.length;
  }),
  fsync: async(() => {}),
};
globalThis.fs = new Proxy(files, { get: (target, name) => target[name] ?? async(() => { throw failure("ENOSYS"); }) });

const start = JSON.parse(send("GET", "start.json").responseText);
globalThis.importModule = (url) => import(url);
globalThis.process = { pid: 1, ppid: 0, cwd: () => start.cwd, getuid: () => -1, getgid: () => -1, geteuid: () => -1, getegid: () => -1 };

try {
  importScripts(base + "wasm_exec.js", base + "gpu.js");
  const go = new Go();
  go.argv = start.argv;
  go.env = start.env;
  go.exit = (code) => send("POST", "exit", String(code));
  WebAssembly.instantiateStreaming(fetch(base + "program.wasm"), go.importObject)
    .then((r) => go.run(r.instance))
    .catch((e) => send("POST", "crash", String(e.stack ?? e)));
} catch (e) {
  send("POST", "crash", String(e.stack ?? e));
}
