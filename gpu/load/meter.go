package load

// Progress hears how many bytes there are, and whether any of them have to come from the server. Bytes that are found wrong are taken
// back.
type Progress func(done, total int64, download bool)

// meter counts the bytes of one load. What the store has counts from the start when something is missing, so that the count is that of a
// download; when nothing is missing, it counts what has been read.
type meter struct {
	done, total int64
	download    bool
	tell        Progress // nil for none
}

func (m *meter) report() {
	if m.tell != nil {
		m.tell(m.done, m.total, m.download)
	}
}

func (m *meter) read(n int64) {
	if !m.download {
		m.done += n
		m.report()
	}
}

func (m *meter) received(n int64) {
	m.done += n
	m.report()
}

// dropped takes back bytes that were read or received and are wrong.
func (m *meter) dropped(n int64) {
	if !m.download {
		m.download, m.done = true, m.total
	}
	m.done -= n
	m.report()
}
