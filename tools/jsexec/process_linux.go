package main

import (
	"os/exec"
	"runtime"
	"syscall"
)

// isolate puts the host into a process group of its own, and lets the kernel end it when jsexec itself is killed without warning.
func isolate(cmd *exec.Cmd) {
	runtime.LockOSThread() // Pdeathsig watches the thread that starts the process
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// killAll ends the host with all its children.
func killAll(cmd *exec.Cmd) { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
