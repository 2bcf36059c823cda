# Shared by scripts/demo and scripts/test: checks the prerequisites and installs what is missing.
# Sourced, not run.
# shellcheck shell=bash

readonly OLDEST_DEBIAN=12 OLDEST_RUST=1.95 OLDEST_POSTGRESQL=15 OLDEST_NODE=18
# Replaceable, so that the messages for other systems can be tried out.
OS_RELEASE=${OS_RELEASE:-/etc/os-release}

say() { printf '== %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$@" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# at_least VERSION OLDEST
at_least() { [[ $(printf '%s\n' "$2" "$1" | sort -V | head -n 1) == "$2" ]]; }

# ---- prerequisites: stated, checked, never installed for you ------------------------------------------

check_system() {
    local ID='' ID_LIKE='' VERSION_ID='' PRETTY_NAME='an unknown system'
    # shellcheck disable=SC1090
    [[ -r $OS_RELEASE ]] && . "$OS_RELEASE"
    # Debian testing has no number; it is newer than any.
    [[ $ID == debian ]] && at_least "${VERSION_ID:-99}" "$OLDEST_DEBIAN" && return
    [[ $ID == debian ]] && die "Debian $OLDEST_DEBIAN or newer is needed; this is $PRETTY_NAME."
    [[ " $ID_LIKE " == *" debian "* ]] || have apt-get ||
        die "Debian $OLDEST_DEBIAN or newer is needed (packages come from apt-get); this is $PRETTY_NAME."
    say "this is $PRETTY_NAME; only Debian $OLDEST_DEBIAN and newer are tried out"
}

check_rust() {
    have cargo || PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
    local found='none' how="Install Rust from https://rustup.rs, or, where rustup is there: rustup update stable"
    have cargo && have rustc && found=$(rustc --version | cut -d ' ' -f 2)
    [[ $found != none ]] && at_least "$found" "$OLDEST_RUST" && return
    die "Rust $OLDEST_RUST or newer (cargo and rustc) is needed; found: $found." "$how"
}

check_rust_tool() {
    cargo "$1" --version >/dev/null 2>&1 || die "cargo $1 is missing; do: rustup component add $2"
}

# ---- packages: installed when what they bring is not there --------------------------------------------

MISSING=()

# want PACKAGE CHECK…: notes the package, once, when the check fails.
want() {
    local package=$1
    shift
    [[ " ${MISSING[*]} " == *" $package "* ]] || "$@" >/dev/null 2>&1 || MISSING+=("$package")
}

installed() { [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }
has_heif() { have heif-convert || have heif-dec; }
has_venv() { python3 -c 'import venv, ensurepip'; }
has_node() { have node && at_least "$(node --version | tr -d v)" "$OLDEST_NODE"; }

has_postgresql() {
    local folder
    for folder in /usr/lib/postgresql/*/bin; do
        [[ -x $folder/initdb ]] && at_least "$(basename "$(dirname "$folder")")" "$OLDEST_POSTGRESQL" && return
    done
    folder=$(pg_config --bindir) && [[ -x $folder/initdb ]] &&
        at_least "$(pg_config --version | grep -o '[0-9]*' | head -n 1)" "$OLDEST_POSTGRESQL"
}

want_for_building() { want build-essential have cc; }

want_for_running() {
    want postgresql has_postgresql
    # Backups; without it the product runs, and says that there are none.
    want pgbackrest have pgbackrest
    want poppler-utils have pdftoppm
    want libheif-examples has_heif
    # Japanese text in PDF previews, which rarely bring their own fonts.
    want poppler-data installed poppler-data
    want fonts-noto-cjk installed fonts-noto-cjk
}

# The shared libraries that a package depends on are found out by dpkg-shlibdeps.
want_for_packaging() { want dpkg-dev have dpkg-shlibdeps; }

# A network namespace without a way out, and its loopback device.
want_for_namespaces() { want iproute2 have ip; }

# A real scanner with a signature of our own; its service is not used.
want_for_scanning() { want clamav-daemon have clamd; }

# Its server is not used.
want_for_monitoring() { want prometheus have promtool; }

# Old and foreign certificates that a test must refuse.
want_for_certificates() { want openssl have openssl; }

# TLS before the stand-in for a bucket; its server is not used.
want_for_backup() {
    want nginx have nginx
    want openssl have openssl
}

want_for_tls_scan() { want testssl.sh have testssl; }

want_for_python() {
    want python3 have python3
    want python3-venv has_venv
}

# The redundancy lab: what the machines of a real deployment run, in network namespaces. Services stay off.
want_for_lab() {
    want etcd-server have etcd
    want etcd-client have etcdctl
    want haproxy have haproxy
    want nftables have nft
    want openssl have openssl
    want iproute2 have ip
    want procps have ps
    want util-linux have nsenter
    # Patroni's processes belong to another user, who can reach Debian's Python and perhaps no other.
    want python3 test -x /usr/bin/python3
    want python3-venv /usr/bin/python3 -c 'import venv, ensurepip'
}

# A small disk in a file, and namespaces for it.
want_for_faults() {
    want e2fsprogs have mkfs.ext4
    want mount have losetup
    want util-linux have unshare
    want procps have ps
}

want_for_browser() {
    want chromium have chromium
    want fonts-noto-cjk installed fonts-noto-cjk
    want nodejs has_node
    want npm have npm
}

has_modsecurity() { [[ -e /usr/lib/nginx/modules/ngx_http_modsecurity_module.so ]]; }

want_for_front() {
    want nginx have nginx
    want libnginx-mod-http-modsecurity has_modsecurity
    want modsecurity-crs installed modsecurity-crs
    want openssl have openssl
}

want_for_egress() {
    want iproute2 have ip
    want util-linux have unshare
}

# Sets ROOT to what has to stand before a command that only root may run.
find_root() {
    ROOT=()
    [[ $EUID == 0 ]] && return
    # With a terminal sudo may ask for the password, without one it must not need to.
    if have sudo && { [[ -t 0 ]] || sudo -n true 2>/dev/null; }; then
        ROOT=(sudo)
        return
    fi
    local hint=()
    [[ " ${MISSING[*]} " == *' postgresql '* ]] && hint=(
        'To get postgresql without a cluster of its own, install postgresql-common first and put'
        "  'create_main_cluster = false' into /etc/postgresql-common/createcluster.conf"
    )
    die 'these packages are missing, and only root can install them. As root, do:' \
        "  apt-get install --no-install-recommends ${MISSING[*]}" "${hint[@]}"
}

apt() {
    "${ROOT[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@" </dev/null >&2 ||
        die "apt-get $1 failed; is this machine online, and are its package sources right?"
}

apt_install() { apt install --no-install-recommends "$@"; }

# The server's package starts a cluster of its own unless it is told not to, before it is installed.
without_main_cluster() {
    local conf=/etc/postgresql-common/createcluster.conf
    apt_install postgresql-common
    # shellcheck disable=SC2016
    "${ROOT[@]}" sed -i '/^[# ]*create_main_cluster/d; $a create_main_cluster = false' "$conf"
}

# Newer releases keep the HEIC codecs in packages of their own, which are only recommended.
add_heif_codecs() {
    local codec
    for codec in libheif-plugin-libde265 libheif-plugin-x265; do
        apt-cache show "$codec" >/dev/null 2>&1 && MISSING+=("$codec")
    done
    return 0
}

# Installs what the want… functions found missing; touches nothing when nothing is.
install_missing() {
    [[ ${#MISSING[@]} == 0 ]] && return
    say "missing: ${MISSING[*]}"
    find_root
    apt update
    [[ " ${MISSING[*]} " == *' libheif-examples '* ]] && add_heif_codecs
    [[ " ${MISSING[*]} " == *' postgresql '* ]] && without_main_cluster
    apt_install "${MISSING[@]}"
    MISSING=()
}
