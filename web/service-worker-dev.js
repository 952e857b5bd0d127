// The service worker of `serve -dev`: it removes itself and the shell that an earlier visit cached, so that every reload sees the
// files as they are. go-app fills in {{.Version}}, which makes browsers notice the change.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => {
  const leave = async () => {
    for (const name of await caches.keys()) if (name.startsWith("reverie-shell-")) await caches.delete(name);
    await self.registration.unregister();
  };
  event.waitUntil(leave());
});
