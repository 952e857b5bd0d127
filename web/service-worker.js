// The service worker: the app's shell, for use without a network. go-app fills in the version and the list of files.
//
// - The cache is filled completely or the installation fails.
// - Only caches with our own prefix are deleted, so other apps of this origin, and the models, stay.
// - A new version waits until no page uses the old one or the page asks for it: a run never meets another version's files.
// - Weights are not the shell's business: they are immutable and cached elsewhere.
// - What other apps share with this one never leaves the device: it waits in a cache for the page.
const PREFIX = "reverie-shell-";
const CACHE = PREFIX + "{{.Version}}";
const ROOT = new URL("./", self.location).pathname;
// go-app names the page of an app under a path without its last slash.
const FILES = {{.ResourcesToCache}}.map((url) => (url === "" || url === ROOT.slice(0, -1) ? ROOT : url));

self.addEventListener("install", (event) => {
  const fill = async () => {
    const cache = await caches.open(CACHE);
    await cache.addAll(FILES.map((url) => new Request(url, { cache: "no-cache" })));
  };
  event.waitUntil(fill());
});

self.addEventListener("activate", (event) => {
  const clean = async () => {
    const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
    // Claiming on the first visit would look like an update to go-app.
    if (old.length > 0) await self.clients.claim();
  };
  event.waitUntil(clean());
});

self.addEventListener("message", (event) => {
  if (event.data === "skip-waiting") self.skipWaiting();
});

// A note that a picture is done leads to the page.
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const show = async () => {
    const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    const page = pages.find((one) => new URL(one.url).pathname === ROOT);
    return page ? page.focus() : self.clients.openWindow(ROOT);
  };
  event.waitUntil(show());
});

// A shared picture is kept until the page takes it; a shared text is a prompt.
async function share(request) {
  const form = await request.formData();
  const picture = form.get("picture");
  if (picture instanceof File && picture.size > 0) {
    const headers = { "Content-Type": picture.type, "X-Name": encodeURIComponent(picture.name) };
    await (await caches.open("reverie-shared")).put(ROOT + "shared", new Response(picture, { headers }));
    return Response.redirect(ROOT + "?shared", 303);
  }
  const text = form.get("text") || form.get("title") || "";
  return Response.redirect(ROOT + (text ? "#p=" + encodeURIComponent(text) : ""), 303);
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method === "POST" && url.origin === self.location.origin && url.pathname === ROOT + "share") {
    event.respondWith(share(event.request));
    return;
  }
  if (event.request.method !== "GET" || url.origin !== self.location.origin || !url.pathname.startsWith(ROOT)) return;
  if (url.pathname.startsWith(ROOT + "weights/")) return;
  const answer = async () => {
    const cache = await caches.open(CACHE);
    const key = event.request.mode === "navigate" ? ROOT : event.request;
    return (await cache.match(key, { ignoreSearch: true })) || fetch(event.request);
  };
  event.respondWith(answer());
});
