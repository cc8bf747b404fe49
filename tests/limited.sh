#!/usr/bin/env bash
# make in a fresh clone of HEAD, limited as a reader's machine on Binder is: one CPU, 1 GB of memory and no swap, no
# chromium, a user without any capability and without namespaces. Run as root, as only root can make the limits;
# how the memory fared is told at the end.
#
#     tests/limited.sh [make's arguments; without any: test]
#
# $MEMORY is the limit in bytes, $PYTHON a Python that the user may read. What the run leaves is removed.
set -euo pipefail
cd "$(dirname "$0")/.."

memory=${MEMORY:-$((1 << 30))}
user=65534
name=vfslab-limited-$$
folder=$(mktemp -d)
root=$(mktemp -d)
if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
    group=/sys/fs/cgroup/$name limit=memory.max swap=memory.swap.max
    peak=memory.peak killed=memory.events none=0
else
    group=/sys/fs/cgroup/memory/$name limit=memory.limit_in_bytes swap=memory.memsw.limit_in_bytes
    peak=memory.max_usage_in_bytes killed=memory.oom_control none=$memory # it counts memory and swap together
fi

finish() {
    echo "peak of the memory, cached files included: $(($(cat "$group/$peak") >> 20)) MB of $((memory >> 20))"
    echo "processes killed for want of it: $(sed -n 's/^oom_kill //p' "$group/$killed")"
    echo "$$" >"$(dirname "$group")/cgroup.procs"
    while [[ -s $group/cgroup.procs ]] && read -r left <"$group/cgroup.procs"; do
        kill -KILL "$left" 2>/dev/null || true
        sleep 0.1
    done
    rmdir "$group" "$root"
    rm -rf --one-file-system "$folder"
}

mkdir "$group"
trap finish EXIT
echo "$memory" >"$group/$limit"
[[ ! -e $group/$swap ]] || echo "$none" >"$group/$swap"
git clone --quiet . "$folder/vfslab"
mkdir "$folder/home"
chmod 755 "$folder"
chown -R "$user:$user" "$folder"
echo "$$" >"$group/cgroup.procs"

# Nobody makes a user namespace in a chroot: that is how a container's refusal is had without one.
# shellcheck disable=SC2016 # the inner shell expands it
unshare --mount --propagation private bash -c 'mount --rbind / "$1" && shift && exec "$@"' limited "$root" \
    chroot "$root" env -i HOME="$folder/home" PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 \
    setpriv --reuid="$user" --regid="$user" --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs \
    taskset --cpu-list 0 \
    make -C "$folder/vfslab" PYTHON="${PYTHON:-python3}" CHROMIUM= "${@:-test}"
