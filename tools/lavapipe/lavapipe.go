//go:build !js

// Package lavapipe finds Mesa's lavapipe, the Vulkan driver that computes on the processor.
package lavapipe

import (
	"errors"
	"path/filepath"
)

// descriptions are where Debian's packages of several releases put the driver's description for Vulkan's loader.
const descriptions = "/usr/share/vulkan/icd.d/lvp_icd*.json"

// Environment returns the variables under which a process sees lavapipe and no other Vulkan driver.
func Environment() ([]string, error) {
	found, _ := filepath.Glob(descriptions)
	if len(found) == 0 {
		return nil, errors.New("lavapipe is not installed: run make lavapipe")
	}
	return []string{"VK_DRIVER_FILES=" + found[0], "VK_ICD_FILENAMES=" + found[0]}, nil // the second is the name in older loaders
}
