//go:build !js

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os/exec"
	"strings"

	"reverie/weights"
)

// torch measures PyTorch, on the GPU where it sees one, on the same workloads after the host's program has ended.
func (c *collector) torch(o options) error {
	python, err := python()
	if err != nil {
		return err
	}
	order := struct {
		Host      string      `json:"host"`
		Seconds   float64     `json:"seconds"`
		Runs      int         `json:"runs"`
		Workloads []workload  `json:"workloads"`
		Steps     []torchStep `json:"steps"`
	}{c.host, o.seconds, o.runs, []workload{}, []torchStep{}}
	for _, w := range workloads() {
		if strings.Contains(w.Name, o.only) {
			order.Workloads = append(order.Workloads, w)
		}
	}
	for _, s := range steps() {
		if strings.Contains(s.Name, o.only) {
			order.Steps = append(order.Steps, newTorchStep(s))
		}
	}
	text, err := json.Marshal(order)
	if err != nil {
		return err
	}
	cmd := exec.Command(python, "tools/bench/peers/torch_peer.py")
	cmd.Stdin = bytes.NewReader(text)
	return c.from(cmd)
}

// torchStep is a guided step as torch_peer.py takes it.
type torchStep struct {
	Name    string              `json:"name"`
	GFLOP   float64             `json:"gflop"`
	VQGAN   weights.VQGANConfig `json:"vqgan"`
	CLIP    weights.CLIPConfig  `json:"clip"`
	Side    int                 `json:"side"`
	Cutouts int                 `json:"cutouts"`
	Decoder []array             `json:"decoder"`
	Image   []array             `json:"image"`
}

func newTorchStep(s stepWorkload) torchStep {
	return torchStep{s.Name, stepGFLOP(s), s.VQGAN, s.CLIP, s.Side, s.Cutouts,
		newWorkload(workload{}, s.VQGAN.DecoderTensors()).Weights, newWorkload(workload{}, s.CLIP.ImageTensors()).Weights}
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
