#!/usr/bin/env bash
# Measures ISM on an NVIDIA machine that has the .NET SDK: doctor, parity with the CPU, bf16 rate, training steps of 650M at several
# micro-batch sizes, attention variants, the encoder, NCCL. Writes one JSON and a table; what could not run is named there.
#   benchmarks/gpu/run.sh [--out FOLDER] [--shape 650M] [--tokens "8192 16384 32768 65536"] [--device cuda] [--quick]
#   LIBTORCH    an existing libtorch folder with CUDA (with lib/ in it), e.g. a Python torch's; else TorchSharp-cuda-linux is restored
#   --device cpu tries the script itself on a machine without a GPU
set -uo pipefail

root=$(cd -P "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
out=$PWD/gpu-results shape=650M tokens="8192 16384 32768 65536" device=cuda steps=10
while [ $# -gt 0 ]; do
  case $1 in
    --out) out=$2; shift 2 ;;
    --shape) shape=$2; shift 2 ;;
    --tokens) tokens=$2; shift 2 ;;
    --device) device=$2; shift 2 ;;
    --quick) steps=3; tokens=${tokens%% *}; shift ;;
    -h|--help) sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) echo "run.sh: unknown argument '$1' (see --help)" >&2; exit 2 ;;
  esac
done
mkdir -p "$out" || exit 1
out=$(cd "$out" && pwd)
rm -f "$out"/*.log "$out"/*.json "$out"/*.memory "$out"/results.md

torch=cuda
[ "$device" = cpu ] && torch=cpu
if [ -n "${LIBTORCH:-}" ]; then
  torch=none
  export LD_LIBRARY_PATH="$LIBTORCH/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
fi

# Most memory in use on any GPU while a part runs, in MiB. Nothing where nvidia-smi is missing.
watch_memory() {
  local most=0 now
  while sleep 0.5; do
    now=$(nvidia-smi --query-gpu=memory.used --format=csv,noheader,nounits 2>/dev/null | sort -n | tail -1)
    [ "${now:-0}" -gt "$most" ] && { most=$now; echo "$most" >"$1"; }
  done
}

# part NAME COMMAND…: what it prints goes to NAME.json when it ends well, its errors to NAME.log.
part() {
  local name=$1 watcher=
  shift
  echo "$name …"
  if command -v nvidia-smi >/dev/null; then watch_memory "$out/$name.memory" & watcher=$!; fi
  if timeout 1200 "$@" >"$out/$name.said" 2>"$out/$name.log" </dev/null; then
    mv "$out/$name.said" "$out/$name.json"
  else
    local code=$?
    cat "$out/$name.said" >>"$out/$name.log"
    rm -f "$out/$name.said"
    echo "exit code $code" >>"$out/$name.log"
    echo "  failed; the reason is in $out/$name.log"
  fi
  [ -n "$watcher" ] && { kill "$watcher"; wait "$watcher"; } 2>/dev/null
  return 0
}

# Builds a project once; prints the folder of its program.
build() {
  [ -f "$root/$1" ] || { echo "$1 is not in this checkout" >"$out/$2.log"; return 1; }
  echo "building $1 …"
  dotnet build "$root/$1" -c Release "-p:Torch=$torch" -nologo -v quiet -nodeReuse:false >"$out/$2.log" 2>&1 </dev/null && rm "$out/$2.log"
}
command -v dotnet >/dev/null || { echo "run.sh: the .NET SDK 10 is needed and there is no 'dotnet' on the PATH" >&2; exit 1; }

build benchmarks/gpu/Ism.Benchmarks.Gpu.csproj build-gpu || { cat "$out/build-gpu.log" >&2; exit 1; }
gpu=(dotnet "$root/benchmarks/gpu/bin/Release/net10.0/Ism.Benchmarks.Gpu.dll")
build cli/ism.csproj build-ism && part doctor dotnet "$root/cli/bin/Release/net10.0/ism.dll" doctor --json --workspace "$out"
part matmul "${gpu[@]}" matmul --device "$device"
part parity "${gpu[@]}" parity --device "$device"
for variant in grouped padded flash; do
  part "attention-$variant" "${gpu[@]}" attention --variant "$variant" --device "$device"
done
part encoder "${gpu[@]}" encoder --device "$device"
part allreduce "${gpu[@]}" allreduce
if build benchmarks/Training/Ism.Benchmarks.Training.csproj training; then
  for n in $tokens; do
    part "training-$shape-$n" dotnet run --no-build -c Release --project "$root/benchmarks/Training" "-p:Torch=$torch" -- \
      --device "$device" --shape "$shape" --tokens "$n" --precision bf16 --steps "$steps" --json
  done
fi
"${gpu[@]}" report "$out"
