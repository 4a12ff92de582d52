#!/bin/sh
# Makes .venv and installs the course into it: sh tools/setup.sh [book|test]
# Nothing is installed again while pyproject.toml, constraints.txt and Python are the same.
set -eu
extra=${1:-book}
venv=.venv
least=11
most=13

supported() {
    "$@" -c "import sys; sys.exit(not (3, $least) <= sys.version_info[:2] <= (3, $most))" \
        >/dev/null 2>&1
}

version() { "$@" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null; }

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        set -- "$PYTHON" # one name, even with spaces
    else
        set -- python3.13 python3.12 python3.11 python3 python
    fi
    for name in "$@"; do
        if supported "$name"; then
            printf '%s\n' "$name"
            return
        fi
    done
    found=""
    for name in "$@"; do
        number=$(version "$name" || true)
        [ -z "$number" ] || found="$found $name is $number."
    done
    echo "This course needs Python 3.$least, 3.12 or 3.$most;${found:- no Python was found.}" >&2
    echo "Install one (python.org, your package manager or conda: see environment.yml)," >&2
    echo "or name it: make book PYTHON=/path/to/python3.12" >&2
    return 1
}

usable() { # a supported Python with pip, and not a folder that was moved here
    supported $venv/bin/python && $venv/bin/python -m pip --version >/dev/null 2>&1 &&
        [ "$(cat $venv/.home 2>/dev/null || pwd)" = "$(pwd)" ]
}

fits() { # the .venv can be used, and has the very Python that was named, if one was
    usable && { [ -z "${PYTHON:-}" ] || [ "$(version "$python")" = "$(version $venv/bin/python)" ]; }
}

python=""
[ -z "${PYTHON:-}" ] || python=$(find_python)
if ! fits; then
    [ -n "$python" ] || python=$(find_python)
    echo "Set-up: making $venv with Python $(version "$python")"
    rm -rf $venv
    if ! "$python" -m venv $venv; then
        rm -rf $venv
        echo "Python's venv module is not complete here. On Debian or Ubuntu:" >&2
        echo "    sudo apt-get install python3-venv" >&2
        exit 1
    fi
    pwd >$venv/.home
fi

key=$( (version $venv/bin/python; cat pyproject.toml constraints.txt) | cksum)
for have in test "$extra"; do # [test] contains [book]
    if [ "$(cat "$venv/.installed-$have" 2>/dev/null || true)" = "$key" ]; then
        exit 0
    fi
done
echo "Set-up: installing the packages of [$extra]; the first time takes a few minutes"
rm -f $venv/.installed-*
if ! $venv/bin/python -m pip install --disable-pip-version-check \
    -e ".[$extra]" -c constraints.txt >$venv/install.log 2>&1; then
    grep -v '^WARNING' $venv/install.log | tail -n 20 >&2
    echo "The packages could not be installed; the whole log is in $venv/install.log" >&2
    exit 1
fi
echo "$key" >"$venv/.installed-$extra"
