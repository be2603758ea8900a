#!/usr/bin/env bash
# Publishes ISM into a folder that runs with the .NET runtime alone; what deploy/Dockerfile builds the image from.
#   deploy/publish.sh FOLDER [cpu|cuda|none] [--benchmarks]
#   cpu           libtorch for the CPU (default)
#   cuda          libtorch with CUDA (TorchSharp-cuda-linux, several GB)
#   none          no libtorch: the machine has one, by LD_LIBRARY_PATH (docs/gpu.md)
#   --benchmarks  also FOLDER/gpu and FOLDER/training, and ISM in FOLDER/ism: what `benchmarks/gpu/run.sh --program FOLDER` runs
set -euo pipefail

root=$(cd -P "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
out='' torch=cpu benchmarks=
for argument in "$@"; do
  case $argument in
    -h|--help) sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    --benchmarks) benchmarks=1 ;;
    cpu|cuda|none) torch=$argument ;;
    -*) echo "publish.sh: unknown argument '$argument' (see --help)" >&2; exit 2 ;;
    *) [ -z "$out" ] || { echo "publish.sh: '$argument' is neither cpu, cuda nor none (see --help)" >&2; exit 2; }; out=$argument ;;
  esac
done
[ -n "$out" ] || { echo "publish.sh: name a folder to publish into (see --help)" >&2; exit 2; }
mkdir -p "$out"
out=$(cd "$out" && pwd)

publish() {
  dotnet publish "$root/$1" -c Release -o "$2" "-p:Torch=$torch" -p:PublishDocumentationFile=false \
    -p:PublishReferencesDocumentationFiles=false -nologo -v quiet -nodeReuse:false </dev/null
  rm -f "$2"/*.pdb
  # The build links files instead of copying them; what is published must stand alone.
  find "$2" -type l -print0 | while IFS= read -r -d '' link; do
    cp --remove-destination "$(readlink -f "$link")" "$link"
  done
}

if [ -n "$benchmarks" ]; then
  publish cli/ism.csproj "$out/ism"
  publish benchmarks/gpu/Ism.Benchmarks.Gpu.csproj "$out/gpu"
  publish benchmarks/Training/Ism.Benchmarks.Training.csproj "$out/training"
else
  publish cli/ism.csproj "$out"
fi
