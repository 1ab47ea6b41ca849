#!/bin/sh
# Resolves lab.in (and what the tests need besides) into lab.txt: exact versions for Python 3.10 and newer on every
# system, with the hashes of all their files. Needs uv (written with uv 0.13.9). Run it to move to newer versions.
set -eu
cd "$(dirname "$0")"
compile() {
	uv pip compile --quiet --universal --python-version 3.10 --generate-hashes \
		--no-annotate --no-header --no-emit-index-url --no-emit-find-links "$@"
}
compile --upgrade ../labtest/requirements.in -o ../labtest/requirements.txt
compile lab.in -c ../labtest/requirements.txt -o lab.txt # the same versions in both
