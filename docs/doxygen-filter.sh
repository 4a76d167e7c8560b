#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
# Exceptions are written #GP; doxygen takes that for a link unless it is escaped.
exec sed -e 's/\(^\|[^\\]\)#\(GP\|UD\|MC\|DF\|PF\|DB\|NM\|TS\|SS\|NP\|AC\)/\1\\#\2/g' "$1"
