package ui

import (
	"fmt"
	"slices"

	"reverie/app/protocol"
)

// SetModels takes the list of the site's models.
func (s *State) SetModels(models []Model) {
	s.listed = models
	s.mergeModels()
}

// MissModels is told that the list cannot be fetched. What is kept works all the same.
func (s *State) MissModels() {
	s.unlisted = true
	s.mergeModels()
}

// mergeModels lists what the site has and what only this device has.
func (s *State) mergeModels() {
	s.Models = slices.Clone(s.listed)
	for _, kept := range s.Storage.Models {
		known := slices.ContainsFunc(s.Models, func(m Model) bool { return m.Name == kept.Name })
		if !known && kept.Stored == kept.Bytes {
			s.Models = append(s.Models, Model{Name: kept.Name, Title: kept.Title, Factor: kept.Factor, Bytes: kept.Bytes, Suggested: kept.Suggested})
		}
	}
	switch {
	case len(s.Models) > 0 && s.Problem == noModels:
		s.Problem = ""
	case len(s.Models) == 0 && s.unlisted:
		s.Problem = noModels
	}
	s.adoptModel()
	s.reconsider()
}

// noModels is a problem that goes by itself only.
const noModels = "The list of models cannot be fetched: check the connection and reload the page."

// stored is what this device has of a model.
func (s *State) stored(name string) (protocol.Model, bool) {
	i := slices.IndexFunc(s.Storage.Models, func(m protocol.Model) bool { return m.Name == name })
	if i < 0 {
		return protocol.Model{}, false
	}
	return s.Storage.Models[i], true
}

// kept says that a model works without the network. A site that lists it with another size has a newer one.
func (s *State) kept(name string) bool {
	m, ok := s.stored(name)
	newer := slices.ContainsFunc(s.listed, func(l Model) bool { return l.Name == name && l.Bytes != m.Bytes })
	return ok && !newer && m.Stored == m.Bytes
}

// needsDownload says that a model comes only when the person asks for it.
func (s *State) needsDownload(name string) bool {
	m := s.model(name)
	return !m.Small() && !s.kept(m.Name) && s.Loaded.Model != m.Name
}

// Keep asks for a small model to be stored while nothing else goes on, so that the page works offline from its first visit on.
func (s *State) Keep(base string) (protocol.Message, bool) {
	m := s.Model()
	if s.Phase != Idle || s.keepTried || s.unwanted[m.Name] || s.Storage.How == "" || s.Storage.How == "none" ||
		m.Bytes == 0 || !m.Small() || s.kept(m.Name) {
		return nil, false
	}
	s.keepTried = true
	return protocol.Keep{Base: base, Model: m.Name}, true
}

// PressDelete removes a model from what is kept.
func (s *State) PressDelete(name string) (protocol.Message, bool) {
	if s.Phase != Idle {
		return nil, false
	}
	if s.unwanted == nil {
		s.unwanted = map[string]bool{}
	}
	s.unwanted[name] = true
	s.settle()
	s.NoRoom, s.deleting = "", name
	return protocol.Delete{Model: name}, true
}

// receiveStorage takes the news of what is kept.
func (s *State) receiveStorage(m protocol.Storage) {
	s.Storage = m
	if name := s.deleting; name != "" {
		s.deleting = ""
		if _, there := s.stored(name); !there {
			if s.Loaded.Model == name {
				s.Loaded = protocol.Loaded{}
			}
			s.Status = fmt.Sprintf("The model %s is deleted from this device.", s.titleOf(name))
		}
	}
	s.mergeModels()
}

func (s *State) titleOf(name string) string { return s.model(name).title() }

// TakePersist says, once, that the first download that the person asked for is done and the browser should be asked to keep it.
func (s *State) TakePersist() bool {
	take := s.persist
	s.persist = false
	return take
}

// Persisted takes the browser's answer.
func (s *State) Persisted(promised bool) { s.Storage.Persisted = promised }

// downloading says that the bytes that are counted come from the server.
func (s *State) downloading() bool { return s.Progress.Phase == protocol.PhaseDownload }

// optionText is a model as the picker lists it.
func (s *State) optionText(m Model) string {
	text := m.title() + " · " + byteCount(m.Bytes)
	if s.kept(m.Name) {
		text += " · on this device"
	}
	return text
}

// modelHelp says what the chosen model is good at and where it is.
func (s *State) modelHelp() string {
	m := s.Model()
	where := ""
	switch onGPU, kept := s.Loaded.Model == m.Name, s.kept(m.Name); {
	case onGPU && kept:
		where = "It is on your GPU, and kept on this device: it works offline."
	case onGPU:
		where = "It is on your GPU."
	case kept:
		where = "It is kept on this device and works offline."
	case m.Small() && m.Bytes > 0:
		where = fmt.Sprintf("It comes with the page (%s).", byteCount(m.Bytes))
	}
	if m.About != "" && where != "" {
		return m.About + " " + where
	}
	return m.About + where
}

// offer is the card of a model that has to be downloaded.
type offer struct {
	title, text string
	count       string // how far the download is, while it goes on
	pausable    bool   // whether it can be paused
	unkept      bool   // whether using the model without keeping it is offered
}

// arriving is the card of a model that is being downloaded. The bar may be out of sight where the card is.
func (s *State) arriving() offer {
	o := offer{title: "The model is on its way", text: "The picture begins as soon as what it needs is here."}
	if s.Phase == Loading {
		o.text, o.pausable = "Write your prompt meanwhile and press Start: the picture begins as soon as what it needs is here.", true
	}
	if s.downloading() {
		o.count = s.countText()
	}
	return o
}

// offer is what the page says about the chosen model's download, if there is anything to say.
func (s *State) offer() (offer, bool) {
	m := s.Model()
	part, _ := s.stored(m.Name)
	switch {
	case s.NoRoom != "":
		return offer{title: "There is no room for this model", text: s.NoRoom, unkept: true}, true
	case s.loading == m.Name && !m.Small() && (s.Phase == Loading || s.Phase == Starting && s.downloading()):
		return s.arriving(), true
	case !s.needsDownload(m.Name) || s.Phase == Starting:
		return offer{}, false
	case part.Stored > 0 && part.Bytes != m.Bytes:
		return offer{title: "A new version of " + m.title(), text: fmt.Sprintf("%s to download. It takes the place of the one on this device.", byteCount(m.Bytes))}, true
	case part.Stored > 0:
		text := fmt.Sprintf("%s of %s are here; the download goes on where it stopped. Then the model works without a network.", byteCount(part.Stored), byteCount(m.Bytes))
		if s.brokeOff {
			text = "The connection broke. " + text
		}
		return offer{title: "Download " + m.title(), text: text}, true
	case s.Storage.How == "none":
		return offer{title: "Download " + m.title(), text: fmt.Sprintf("%s. This browser keeps nothing for this page, as in a private window: the model is downloaded at each visit.", byteCount(m.Bytes))}, true
	}
	return offer{title: "Download " + m.title(), text: fmt.Sprintf("%s, once. Then the model works without a network.", byteCount(m.Bytes))}, true
}

// roomText says how much of its room the site uses.
func (s *State) roomText() string {
	switch {
	case s.Storage.How == "":
		return "The browser has not told yet what it keeps."
	case s.Storage.How == "none":
		return "This browser keeps nothing for this page, as in a private window: models are downloaded at each visit."
	case s.Storage.Quota == 0:
		return fmt.Sprintf("Reverie uses %s.", byteCount(s.Storage.Usage))
	}
	return fmt.Sprintf("Reverie uses %s of the %s that the browser gives this site.", byteCount(s.Storage.Usage), byteCount(s.Storage.Quota))
}

// persistText says whether the browser may clear what it keeps.
func (s *State) persistText() string {
	if s.Storage.Persisted {
		return "The browser has promised to keep it."
	}
	return "The browser may clear it when the disk is full."
}

// storedText is what this device has of a model.
func storedText(m protocol.Model) string {
	if m.Stored == m.Bytes {
		return byteCount(m.Bytes)
	}
	return byteCount(m.Stored) + " of " + byteCount(m.Bytes)
}
