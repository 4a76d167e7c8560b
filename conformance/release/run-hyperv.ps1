# SPDX-License-Identifier: BSD-2-Clause-Patent
<#
.SYNOPSIS
Runs the hvkit conformance suite in a virtual machine of Hyper-V and keeps what its serial port says.

.DESCRIPTION
Makes a virtual machine of its own from a copy of the disk, with COM1 on a named pipe, and starts it. What
arrives on the pipe goes to the log file and to the standard output, until the suite has ended. When a test
hangs the machine, or crashes it, the machine is started again behind that test: the kernel asks over the serial port with which
arguments it is to run. At the end the machine is removed.

Run it in an elevated Windows PowerShell, or as a member of the group "Hyper-V Administrators". The exit
code is 0 if the suite came to its end, whatever its results, and 1 if it did not. To judge the log:

    python3 hvkit-conformance.pyz conform --target hyperv --log FILE

.PARAMETER Generation
Generation of the virtual machine: 1 boots the VHD by BIOS, 2 the VHDX by UEFI.

.PARAMETER ProcessorCount
Number of virtual processors. Many tests need two.

.PARAMETER Tests
Which tests to run: patterns of area/name, separated by commas. All if it is empty.

.PARAMETER Arguments
More words for the command line of the kernel.

.PARAMETER Log
The file that receives the output. It is replaced if it exists.

.PARAMETER Disk
The disk to boot from. By default the one beside this script.

.PARAMETER MemoryMB
Memory of the virtual machine, in MiB.

.PARAMETER BootTimeout
Seconds from the start of the machine to the first test.

.PARAMETER TestTimeout
Seconds that a test may be silent. It may take ten times that in all.

.PARAMETER Keep
Leaves the virtual machine and its disk behind, turned off.

.EXAMPLE
.\run-hyperv.ps1 -Generation 2 -ProcessorCount 4 -Log gen2.log

.EXAMPLE
.\run-hyperv.ps1 -Tests 'reference-time/*,discovery/*'
#>
#Requires -Version 5.1
#Requires -Modules Hyper-V
[CmdletBinding()]
param(
    [ValidateSet(1, 2)]
    [int] $Generation = 1,

    [ValidateRange(1, 64)]
    [int] $ProcessorCount = 2,

    [ValidatePattern('^[A-Za-z0-9*?/,-]*$')]
    [string] $Tests = '',

    [ValidatePattern('^[A-Za-z0-9*?/,=. -]*$')]
    [string] $Arguments = '',

    [string] $Log = "hyperv-gen$Generation.log",

    [string] $Disk = '',

    [ValidateRange(64, 4096)]
    [int] $MemoryMB = 512,

    [ValidateRange(10, 3600)]
    [int] $BootTimeout = 120,

    [ValidateRange(1, 3600)]
    [int] $TestTimeout = 30,

    [switch] $Keep
)

Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

$Patience = 10        # a test that keeps writing may take so many times the limit for silence
$FruitlessBoots = 2   # so many boots running that reach no test, and the rest is given up
$AnswerTimeout = 10   # seconds until the kernel has taken its arguments

$Name = "hvkit-$PID"
$Work = Join-Path ([System.IO.Path]::GetTempPath()) $Name
$Latin1 = [System.Text.Encoding]::GetEncoding(28591)

$script:Port = $null      # the pipe, while the machine runs
$script:Reading = $null   # the read that is under way
$script:Buffer = New-Object byte[] 4096
$script:LogStream = $null
$script:Planned = 0       # how many tests there are

function Write-Status([string] $Text) {
    [Console]::Error.WriteLine("hvkit: $Text")
}

# ---- the virtual machine ----

function New-Machine {
    $source = $Disk
    if ($source -eq '') {
        $extension = if ($Generation -eq 1) { 'vhd' } else { 'vhdx' }
        $source = Join-Path $PSScriptRoot "hvkit-conformance-gen$Generation.$extension"
    }
    if (-not (Test-Path -LiteralPath $source)) {
        throw "$source is missing; put it beside this script, or name it with -Disk"
    }
    New-Item -ItemType Directory -Path $Work | Out-Null
    $copy = Join-Path $Work (Split-Path -Leaf $source)
    Copy-Item -LiteralPath $source -Destination $copy

    New-VM -Name $Name -Generation $Generation -MemoryStartupBytes ([int64] $MemoryMB * 1048576) -VHDPath $copy `
        -Path $Work | Out-Null
    $settings = @{
        Name                 = $Name
        StaticMemory         = $true
        AutomaticStartAction = 'Nothing'
        AutomaticStopAction  = 'TurnOff'
    }
    # Windows 10 1709 and Windows Server 2019 know it; a checkpoint at each start would only cost time.
    if ((Get-Command Set-VM).Parameters.ContainsKey('AutomaticCheckpointsEnabled')) {
        $settings['AutomaticCheckpointsEnabled'] = $false
    }
    Set-VM @settings
    Set-VMProcessor -VMName $Name -Count $ProcessorCount -ExposeVirtualizationExtensions $false
    Get-VMNetworkAdapter -VMName $Name | Remove-VMNetworkAdapter
    Set-VMComPort -VMName $Name -Number 1 -Path "\\.\pipe\$Name"
    if ($Generation -eq 2) {
        Set-VMFirmware -VMName $Name -EnableSecureBoot Off -FirstBootDevice (Get-VMHardDiskDrive -VMName $Name)
    }
}

function Start-Machine {
    Start-VM -Name $Name
    # The machine serves the pipe from its start on; the kernel begins some seconds later.
    $script:Port = New-Object System.IO.Pipes.NamedPipeClientStream(
        '.', $Name, [System.IO.Pipes.PipeDirection]::InOut, [System.IO.Pipes.PipeOptions]::Asynchronous)
    $script:Port.Connect($BootTimeout * 1000)
    $script:Reading = $null
}

function Stop-Machine {
    if ($null -ne $script:Port) {
        $script:Port.Dispose()
        $script:Port = $null
    }
    # It may be turning itself off just now, and then the command fails.
    for ($tries = 0; (Get-VM -Name $Name).State -ne 'Off' -and $tries -lt 60; $tries++) {
        Stop-VM -Name $Name -TurnOff -Force -WarningAction SilentlyContinue -ErrorAction SilentlyContinue
        Start-Sleep -Milliseconds 500
    }
}

function Remove-Machine {
    if ($null -eq (Get-VM -Name $Name -ErrorAction SilentlyContinue)) {
        return
    }
    Stop-Machine
    if ($Keep) {
        Write-Status "the virtual machine $Name stays, with its disk in $Work"
        return
    }
    Remove-VM -Name $Name -Force
}

# ---- the serial port ----

# What has arrived: a text, '' if the machine has closed the port, $null if nothing came in time.
function Receive-Text([int] $Milliseconds) {
    try {
        if ($null -eq $script:Reading) {
            $script:Reading = $script:Port.ReadAsync($script:Buffer, 0, $script:Buffer.Length)
        }
        if (-not $script:Reading.Wait([Math]::Max(0, $Milliseconds))) {
            return $null
        }
        $count = $script:Reading.Result
    }
    catch {
        $count = 0
    }
    $script:Reading = $null
    if ($count -gt 0) {
        $script:LogStream.Write($script:Buffer, 0, $count)
        $script:LogStream.Flush()
    }
    return $Latin1.GetString($script:Buffer, 0, $count)
}

# Reads until the pattern matches what has arrived since; returns whether it did.
function Wait-Text([string] $Pattern, [int] $Seconds) {
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    $seen = ''
    while ($seen -notmatch $Pattern) {
        $text = Receive-Text ($Seconds * 1000 - [int] $clock.ElapsedMilliseconds)
        if ([string]::IsNullOrEmpty($text)) {
            return $false
        }
        $seen += $text
    }
    return $true
}

# Gives the kernel the arguments that it asks for; returns whether it took them.
function Send-Arguments([string] $Text) {
    if (-not (Wait-Text '\n# ask [0-9]+\r?\n' $BootTimeout)) {
        return $false
    }
    $bytes = $Latin1.GetBytes("$Text`r")
    $script:Port.Write($bytes, 0, $bytes.Length)
    $script:Port.Flush()
    return Wait-Text '\n# arguments ' $AnswerTimeout
}

# A line of our own in the log; it tells the driver how a boot came to its end.
function Add-LogLine([string] $Text) {
    $bytes = $Latin1.GetBytes("`n$Text`n")
    $script:LogStream.Write($bytes, 0, $bytes.Length)
    $script:LogStream.Flush()
}

# ---- the run ----

# Follows the output to '# end', or to the reason why that did not come. Returns both, and the number of the
# last test that began or reported.
function Watch-Tests {
    $state = @{ Trouble = ''; Last = 0 }
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    $began = 0
    $partial = ''
    while ($true) {
        $limit = if ($state.Last -eq 0) { $BootTimeout } else { $TestTimeout }
        $text = Receive-Text ($limit * 1000)
        if ($null -eq $text) {
            $state.Trouble = "hang: nothing arrived for $limit s"
            return $state
        }
        if ($text -eq '') {
            $state.Trouble = 'crash: the machine turned itself off'
            return $state
        }
        $lines = ($partial + $text) -split "`n"
        $partial = $lines[-1]
        foreach ($line in ($lines | Select-Object -SkipLast 1)) {
            $line = $line.TrimEnd("`r")
            [Console]::Out.WriteLine($line)
            if ($line -match '^# end passed=') {
                return $state
            }
            if ($line -match '^# ask [0-9]+$') {
                $state.Trouble = 'crash: the machine was reset'
                return $state
            }
            if ($line -match '^1\.\.([0-9]{1,6})$') {
                $script:Planned = [int] $Matches[1]
            }
            if ($line -match '^(?:# begin|ok|not ok) ([0-9]{1,6}) ') {
                $state.Last = [int] $Matches[1]
                $began = $clock.Elapsed.TotalSeconds
            }
        }
        if ($state.Last -ne 0 -and $clock.Elapsed.TotalSeconds - $began -gt $Patience * $TestTimeout) {
            $state.Trouble = "hang: no result within $($Patience * $TestTimeout) s"
            return $state
        }
    }
}

function Invoke-Boot([int] $Start) {
    $words = @("timeout=$($TestTimeout * 800)")
    if ($Tests -ne '') { $words += "tests=$Tests" }
    if ($Start -gt 1) { $words += "start=$Start" }
    if ($Arguments -ne '') { $words += $Arguments }
    Start-Machine
    try {
        if (-not (Send-Arguments ($words -join ' '))) {
            return @{ Trouble = 'hang: the kernel asked for no arguments, or took none'; Last = 0 }
        }
        return Watch-Tests
    }
    finally {
        Stop-Machine
    }
}

# Boots as often as it takes; returns whether the suite came to its end.
function Invoke-Suite {
    $start = 1
    $fruitless = 0
    for ($boot = 1; $fruitless -lt $FruitlessBoots; $boot++) {
        Write-Status "boot $boot, from test $start"
        $state = Invoke-Boot $start
        if ($state.Trouble -eq '') {
            return $true
        }
        Write-Status $state.Trouble
        Add-LogLine "# collector $($state.Trouble)"
        if ($state.Last -eq 0) {
            $fruitless++
            continue
        }
        $fruitless = 0
        $start = $state.Last + 1
        if ($start -gt $script:Planned) {
            return $true
        }
    }
    return $false
}

$ended = $false
$path = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Log)
$script:LogStream = New-Object System.IO.FileStream(
    $path, [System.IO.FileMode]::Create, [System.IO.FileAccess]::Write, [System.IO.FileShare]::Read)
try {
    New-Machine
    $ended = Invoke-Suite
}
finally {
    $script:LogStream.Dispose()
    Remove-Machine
    if (-not $Keep -and (Test-Path -LiteralPath $Work)) {
        Remove-Item -LiteralPath $Work -Recurse -Force -ErrorAction SilentlyContinue
    }
}
Write-Status "the log is $path; judge it: python3 hvkit-conformance.pyz conform --target hyperv --log FILE"
if ($ended) { exit 0 } else { exit 1 }
