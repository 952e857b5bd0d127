package ops

import "testing"

// What a tuning times runs on a device, layers in half precision among it.
func TestSamplesRun(t *testing.T) {
	for _, class := range append(Classes(), Multiply) {
		tape := NewTape(device)
		tape.Sample(class, 1)
		err := tape.Compile(t.Context(), nil)
		if err == nil {
			err = tape.Plan.Run()
		}
		if err == nil {
			err = device.Err()
		}
		if err != nil {
			t.Errorf("%s: %v", class, err)
		}
		tape.Close()
	}
}
