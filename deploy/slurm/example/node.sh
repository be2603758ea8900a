#!/bin/bash
# Runs one node of the job esm2-650M and starts it again when it dies, as `ism run` does on one machine.
#
#   node.sh ROLE [OPTIONS OF `ism node`]
#
# Its number comes from SLURM_ARRAY_TASK_ID or SLURM_PROCID, its address is that of this machine; --number and --host say otherwise, e.g.
# for a network other than the one that the machine's name belongs to.
set -u

role=$1
shift
ended=/shared/runs/esm2-650M/cluster/ended.json

export DOTNET_ROOT=/shared/dotnet
# As many threads as Slurm gives cores.
export OMP_NUM_THREADS="${SLURM_CPUS_PER_TASK:-1}"
export MKL_NUM_THREADS="$OMP_NUM_THREADS"
# Memory that is given back to the kernel after each step costs a third of a step on CPUs.
export MALLOC_MMAP_THRESHOLD_=1073741824 MALLOC_TRIM_THRESHOLD_=4294967296 MALLOC_TOP_PAD_=67108864

# Scratch of this node, on its own disk, taken away when it ends.
scratch="${SLURM_TMPDIR:-${TMPDIR:-/tmp}}"
export TMPDIR="$scratch/ism-${SLURM_JOB_ID:-$$}-$role-${SLURM_PROCID:-0}"
mkdir -p "$TMPDIR" || exit 1
trap 'rm -rf "$TMPDIR"' EXIT

# USR1, the warning, comes to this shell alone and is handed on. TERM (scancel, preemption) is sent to every process here: the node has it
# already, and a second one would end it at once.
node=
asked=
warned=
trap 'asked=1; warned=1; [ -n "$node" ] && kill -USR1 "$node"' USR1
trap 'asked=1' TERM

early=0
while [ ! -e "$ended" ] && [ -z "$asked" ]; do
  started=$SECONDS
  echo "$(date '+%F %T') $role on $(hostname), restart ${SLURM_RESTART_COUNT:-0} of job ${SLURM_JOB_ID:-none}" >&2
  /shared/ism/cli/bin/Release/net10.0/ism node "$role" --workspace /shared/runs/esm2-650M "$@" &
  node=$!
  # The warning may have come in between.
  [ -n "$warned" ] && kill -USR1 "$node"
  # Not one long `wait`: bash may hold a signal back that comes just as it begins, until the node has ended.
  while kill -0 "$node" 2>/dev/null; do
    sleep 0.5
  done
  wait "$node"
  code=$?
  if [ "$code" -eq 0 ] || [ -n "$asked" ] || [ -e "$ended" ]; then
    exit "$code"
  fi

  # Who dies at once, dies again: a setting, a missing file. Others are worth another try.
  if [ $((SECONDS - started)) -lt 30 ]; then early=$((early + 1)); else early=0; fi
  if [ "$early" -ge 5 ]; then
    echo "$role has ended with $code $early times soon after it was started, and is not started again" >&2
    exit "$code"
  fi
  echo "$role ended with $code and is started again" >&2
  node=
done
echo "nothing to do: ${asked:+asked to end before it began}$([ -e "$ended" ] && echo "the job is over: $(cat "$ended")")" >&2
