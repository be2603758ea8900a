#!/usr/bin/env bash
# Measures ISM on an NVIDIA machine: doctor, matrix product rates, parity with the CPU, attention variants, the encoder, NCCL, training
# steps of 650M at several micro-batch sizes. Writes one JSON and a table; what could not run is named there.
#   benchmarks/gpu/run.sh [--out FOLDER] [--shape 650M] [--tokens "8192 16384 32768 65536"] [--precision bf16|fp32|both] [--quick]
#     [--program FOLDER] [--device cuda|cpu]
#   --program    what `deploy/publish.sh FOLDER cuda --benchmarks` made, instead of a build here: needs the .NET runtime alone
#   LIBTORCH     an existing libtorch folder with CUDA (with lib/ in it), e.g. a Python torch's; else TorchSharp-cuda-linux is restored
#   DEVICE=cpu   (or --device cpu) tries the script itself where there is no GPU, e.g. with --shape 8M --tokens "512 1024" --quick
set -uo pipefail

root=$(cd -P "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
out=$PWD/gpu-results shape=650M tokens="8192 16384 32768 65536" device=${DEVICE:-cuda} precision=bf16 steps=10 program=
while [ $# -gt 0 ]; do
  case $1 in
    --out) out=$2; shift 2 ;;
    --shape) shape=$2; shift 2 ;;
    --tokens) tokens=$2; shift 2 ;;
    --device) device=$2; shift 2 ;;
    --precision) precision=$2; shift 2 ;;
    --program) program=$2; shift 2 ;;
    --quick) steps=2; shift ;;
    -h|--help) sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) echo "run.sh: unknown argument '$1' (see --help)" >&2; exit 2 ;;
  esac
done
case $device in cpu|cuda|cuda:*) ;; *) echo "run.sh: device '$device': use cuda, cuda:N or cpu" >&2; exit 2 ;; esac
for n in $tokens; do
  [[ $n =~ ^[1-9][0-9]*$ ]] || { echo "run.sh: --tokens '$tokens': give whole numbers with spaces between" >&2; exit 2; }
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

# find_program PART PROJECT PATH-OF-DLL: sets $found to the program of a part, published or built here; 1 where it is not to be had.
find_program() {
  if [ -n "$program" ]; then
    found=$program/$1/$(basename "$3")
    [ -f "$found" ] || { echo "$found is not there; deploy/publish.sh --benchmarks makes it" >"$out/build-$1.log"; return 1; }
    return 0
  fi
  found=$root/$3
  [ -f "$root/$2" ] || { echo "$2 is not in this checkout" >"$out/build-$1.log"; return 1; }
  echo "building $2 …"
  dotnet build "$root/$2" -c Release "-p:Torch=$torch" -nologo -v quiet -nodeReuse:false >"$out/build-$1.log" 2>&1 </dev/null \
    && rm "$out/build-$1.log"
}

command -v dotnet >/dev/null || { echo "run.sh: .NET 10 is needed and there is no 'dotnet' on the PATH" >&2; exit 1; }
find_program gpu benchmarks/gpu/Ism.Benchmarks.Gpu.csproj benchmarks/gpu/bin/Release/net10.0/Ism.Benchmarks.Gpu.dll \
  || { cat "$out/build-gpu.log" >&2; exit 1; }
gpu=(dotnet "$found")
if find_program ism cli/ism.csproj cli/bin/Release/net10.0/ism.dll; then
  part doctor dotnet "$found" doctor --json --workspace "$out"
fi
part matmul "${gpu[@]}" matmul --device "$device"
part parity "${gpu[@]}" parity --device "$device"
for variant in grouped padded flash; do
  part "attention-$variant" "${gpu[@]}" attention --variant "$variant" --device "$device"
done
part encoder "${gpu[@]}" encoder --device "$device"
part allreduce "${gpu[@]}" allreduce
if find_program training benchmarks/Training/Ism.Benchmarks.Training.csproj \
    benchmarks/Training/bin/Release/net10.0/Ism.Benchmarks.Training.dll; then
  train=(dotnet "$found" --device "$device" --shape "$shape" --precision "$precision" --steps "$steps" --json)
  # The length mix has 4,737 tokens; a step has at least two micro-batches of them.
  for n in $tokens; do
    part "training-$shape-$n" "${train[@]}" --tokens "$n" --copies $(((2 * n + 4736) / 4737))
  done
  # One of 32 GPUs' share of a global batch of 1,536 proteins: what docs/performance.md projects from.
  [ "$device" = cpu ] || part "training-$shape-share" "${train[@]}" --tokens 16384 --copies 3
fi
"${gpu[@]}" report "$out"
