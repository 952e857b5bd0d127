//go:build !js

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
)

// torch measures PyTorch, on the GPU where it sees one, on the same workloads after the host's program has ended.
func (c *collector) torch(o options) error {
	python, err := python()
	if err != nil {
		return err
	}
	order := struct {
		Host      string     `json:"host"`
		Seconds   float64    `json:"seconds"`
		Runs      int        `json:"runs"`
		Workloads []workload `json:"workloads"`
	}{c.host, o.seconds, o.runs, nil}
	for _, w := range workloads() {
		if strings.Contains(w.Name, o.only) {
			order.Workloads = append(order.Workloads, w)
		}
	}
	text, err := json.Marshal(order)
	if err != nil {
		return err
	}
	cmd := exec.Command(python, "gpu/bench/peers/torch_peer.py")
	cmd.Stdin = bytes.NewReader(text)
	return c.from(cmd)
}

// python is an interpreter that has PyTorch: Debian's, or the first on the path.
func python() (string, error) {
	for _, p := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(p, "-c", "import torch").Run() == nil {
			return p, nil
		}
	}
	return "", errors.New("no python3 with PyTorch is installed (apt-get install python3-torch)")
}
