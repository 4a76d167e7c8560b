#!/bin/perl
# SPDX-License-Identifier: BSD-2-Clause-Patent
#
# usage: xen-map-ports.pl ... -xen-domid DOMAIN ...      (a device model's command line)
#
# Forwards I/O ports of an HVM domain to ports of the machine: COM1 to COM2, and isa-debug-exit to the
# same. Runs in dom0. No tool of Xen's does it; the hypercall is XEN_DOMCTL_ioport_mapping.
use strict;
use warnings;

use constant {
    PRIVCMD_HYPERCALL => 0x305000,    # _IOC(_IOC_NONE, 'P', 0, 48)
    HYPERCALL_DOMCTL  => 36,
    IOPORT_MAPPING    => 40,
    DOMCTL_SIZE       => 16 + 128,
    EACCES            => 13,
};

# The interface version differs with each release of Xen, and this operation does not; Xen refuses
# all versions but its own with EACCES.
my @versions = (0x10 .. 0x40);

my ($domain) = "@ARGV" =~ /-xen-domid (\d+)/ or die "xen-map-ports: no -xen-domid in: @ARGV\n";
open my $privcmd, '+<', '/proc/xen/privcmd' or die "xen-map-ports: /proc/xen/privcmd: $!\n";

sub map_ports {
    my ($guest, $machine, $count) = @_;
    for my $version (@versions) {
        my $domctl = pack 'L L S x6 L4', IOPORT_MAPPING, $version, $domain, $guest, $machine, $count, 1;
        $domctl .= "\0" x (DOMCTL_SIZE - length $domctl);
        my $call = pack 'Q Q x32', HYPERCALL_DOMCTL, unpack 'Q', pack 'P', $domctl;
        return if ioctl $privcmd, PRIVCMD_HYPERCALL, $call;
        last unless $! == EACCES;
    }
    die sprintf "xen-map-ports: port %#x of domain %d: %s\n", $guest, $domain, $!;
}

map_ports(0x3f8, 0x2f8, 8);
map_ports(0xf4, 0xf4, 4);
