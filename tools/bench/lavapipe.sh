#!/bin/sh
# Installs Mesa's lavapipe, a Vulkan driver that computes on the processor, where it is missing or too old for Dawn: Mesa 22 lacks the
# dynamic indexing of uniform arrays that Dawn insists on. On a Debian whose own Mesa is that old, it comes from the release's backports,
# by the mirror that apt already uses.
set -eu
export DEBIAN_FRONTEND=noninteractive
sudo=$([ "$(id -u)" = 0 ] || echo sudo)

recent() { dpkg --compare-versions "$(dpkg-query -W -f '${Version}' mesa-vulkan-drivers 2> /dev/null || echo 0)" ge 24; }

recent && exit 0
$sudo apt-get update
$sudo apt-get install -y --no-install-recommends libvulkan1 mesa-vulkan-drivers
recent && exit 0
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
mirror=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' | sed -n "s/^$codename //p" | head -n 1)
list=$(mktemp --suffix=.list)
trap 'rm -f "$list"' EXIT
echo "deb $mirror $codename-backports main" > "$list"
chmod 644 "$list"
$sudo apt-get update -o Dir::Etc::sourcelist="$list" -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0
$sudo apt-get install -y --no-install-recommends -o Dir::Etc::sourcelist="$list" -t "$codename-backports" mesa-vulkan-drivers
recent || { echo "lavapipe: Mesa 24 or later is needed: install mesa-vulkan-drivers from a newer release" >&2; exit 1; }
