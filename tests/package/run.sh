#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
# run.sh CMAKE BUILD_DIR CONSUMER_SOURCE WORK_DIR CC GENERATOR: install, then use the package by CMake and by
# pkg-config, each time running the program.
set -eu
cmake=$1 build=$2 source=$3 work=$4 cc=$5 generator=$6

rm -rf "$work/prefix" "$work/by-cmake" "$work/by-pkg-config"
"$cmake" --install "$build" --prefix "$work/prefix" > "$work/install.log"

"$cmake" -G "$generator" -S "$source" -B "$work/by-cmake" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_C_COMPILER="$cc"
"$cmake" --build "$work/by-cmake"
"$work/by-cmake/consumer"

PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name hv_core.pc)")
export PKG_CONFIG_PATH
mkdir "$work/by-pkg-config"
flags=$(pkg-config --cflags --libs hv_core hv_insn hv_vmbus hv_ic hv_emu hvkit_boot hvkit_machine hvkit_worker)
# shellcheck disable=SC2086 # the flags are several words
"$cc" -std=c11 "$source/consumer.c" -o "$work/by-pkg-config/consumer" $flags
"$work/by-pkg-config/consumer"

for library in hv_core hv_insn hv_vmbus hv_ic hv_emu hvkit_boot hvkit_machine hvkit_worker; do
    pkg-config --exists "${library}_bare" || { echo "no .pc file for ${library}_bare"; exit 1; }
done
