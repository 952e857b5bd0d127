package ui

import (
	"fmt"
	"slices"

	"reverie/app/protocol"
	"reverie/recipe"
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
	s.folders = slices.Clone(s.listed)
	for _, kept := range s.Storage.Models {
		known := slices.ContainsFunc(s.folders, func(m Model) bool { return m.Name == kept.Name })
		if m, works := offline(kept); works && !known {
			s.folders = append(s.folders, m)
		}
	}
	s.Models = nil
	for _, m := range s.folders {
		if m.whole() {
			s.Models = append(s.Models, m)
		}
	}
	switch {
	case len(s.Models) > 0 && s.Problem == noModels:
		s.Problem = ""
	case len(s.Models) == 0 && s.unlisted:
		s.Problem = noModels
	}
	s.chooseImported()
	s.adoptModel()
	s.reconsider()
}

// offline is what works of a kept folder without the site: all of it, or one half, as a pair that was downloaded takes it.
func offline(k protocol.Model) (Model, bool) {
	m := Model{Name: k.Name, Title: k.Title, Factor: k.Factor, Bytes: k.Bytes, CLIP: k.CLIP.Bytes, VQGAN: k.VQGAN.Bytes, Suggested: k.Suggested}
	switch {
	case k.Stored == k.Bytes:
		return m, true
	case m.CLIP > 0 && k.CLIP.Stored == m.CLIP:
		m.Factor, m.Bytes, m.VQGAN = 0, m.CLIP, 0
		return m, true
	case m.VQGAN > 0 && k.VQGAN.Stored == m.VQGAN:
		m.Bytes, m.CLIP = m.VQGAN, 0
		return m, true
	}
	return m, false
}

// noModels is a problem that goes by itself only.
const noModels = modelsUnlisted

// stored is what this device has of a model: of a pair, of the halves that it takes.
func (s *State) stored(name string) (protocol.Model, bool) {
	clip, vqgan := recipe.Halves(name)
	c, haveCLIP := s.keptFolder(clip)
	v, haveVQGAN := s.keptFolder(vqgan)
	if clip == vqgan {
		return c, haveCLIP
	}
	if m := s.model(name); !haveCLIP {
		c.CLIP.Bytes = m.CLIP
	} else if !haveVQGAN {
		v.VQGAN.Bytes = m.VQGAN
	}
	return protocol.Model{Name: name, Bytes: c.CLIP.Bytes + v.VQGAN.Bytes, Stored: c.CLIP.Stored + v.VQGAN.Stored}, haveCLIP || haveVQGAN
}

func (s *State) keptFolder(name string) (protocol.Model, bool) {
	i := slices.IndexFunc(s.Storage.Models, func(m protocol.Model) bool { return m.Name == name })
	if i < 0 {
		return protocol.Model{}, false
	}
	return s.Storage.Models[i], true
}

// kept says that a model works without the network. A site that lists it with another size has a newer one.
func (s *State) kept(name string) bool {
	m, ok := s.stored(name)
	return ok && m.Stored == m.Bytes && m.Bytes == s.entry(name).Bytes
}

// needsDownload says that a model comes only when the person asks for it.
func (s *State) needsDownload(name string) bool {
	m := s.model(name)
	return !m.Small() && !s.kept(m.Name) && s.Loaded.Model != m.Name
}

// Keep asks for a small model to be stored while nothing else goes on, so that the page works offline from its first visit on.
func (s *State) Keep(base string) (protocol.Message, bool) {
	m := s.Model()
	clip, vqgan := recipe.Halves(m.Name)
	if s.Phase != Idle || s.keepTried || s.unwanted[clip] || s.unwanted[vqgan] || s.Storage.How == "" || s.Storage.How == "none" ||
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

// PressSelfTest holds a kept model against what is published of it.
func (s *State) PressSelfTest(base, name string) (protocol.Message, bool) {
	if s.Phase != Idle {
		return nil, false
	}
	s.settle()
	s.Phase, s.Progress = Measuring, protocol.Progress{}
	s.Status = fmt.Sprintf(selfTesting, s.titleOf(name))
	return protocol.SelfTest{Base: base, Model: name}, true
}

// testedText says what a self-test found.
func (s *State) testedText(m protocol.SelfTested) string {
	title := s.titleOf(m.Model)
	switch {
	case m.Of == "":
		return fmt.Sprintf(nothingPublished, title)
	case m.Differs != "":
		return fmt.Sprintf(notAsPublished, title, m.Of, m.Differs)
	}
	return fmt.Sprintf(asPublished, title, m.Of, m.Within)
}

// receiveStorage takes the news of what is kept.
func (s *State) receiveStorage(m protocol.Storage) {
	s.Storage = m
	if name := s.deleting; name != "" {
		s.deleting = ""
		if _, there := s.stored(name); !there {
			if clip, vqgan := recipe.Halves(s.Loaded.Model); clip == name || vqgan == name {
				s.Loaded = protocol.Loaded{}
			}
			s.Status = fmt.Sprintf(modelDeleted, s.titleOf(name))
		}
	}
	s.mergeModels()
}

// entry is a folder, of one half too, or a pair of two.
func (s *State) entry(name string) Model {
	if i := slices.IndexFunc(s.folders, func(m Model) bool { return m.Name == name }); i >= 0 {
		return s.folders[i]
	}
	return s.model(name)
}

func (s *State) titleOf(name string) string { return s.entry(name).title() }

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
		text += onThisDevice
	}
	return text
}

// modelHelp says what the chosen model is good at and where it is.
func (s *State) modelHelp() string {
	m := s.Model()
	where := ""
	switch onGPU, kept := s.Loaded.Model == m.Name, s.kept(m.Name); {
	case onGPU && kept:
		where = onGPUAndKept
	case onGPU:
		where = onGPUText
	case kept:
		where = keptHere
	case m.Small() && m.Bytes > 0:
		where = fmt.Sprintf(comesWithPage, byteCount(m.Bytes))
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
	o := offer{title: modelComing, text: pictureBegins}
	if s.Phase == Loading {
		o.text, o.pausable = writeMeanwhile, true
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
		return offer{title: noRoomTitle, text: s.NoRoom, unkept: true}, true
	case s.loading == m.Name && !m.Small() && (s.Phase == Loading || s.Phase == Starting && s.downloading()):
		return s.arriving(), true
	case !s.needsDownload(m.Name) || s.Phase == Starting:
		return offer{}, false
	case part.Stored > 0 && part.Bytes != m.Bytes:
		return offer{title: fmt.Sprintf(newVersionOf, m.title()), text: fmt.Sprintf(newVersionText, byteCount(m.Bytes))}, true
	case part.Stored > 0:
		text := fmt.Sprintf(downloadRest, byteCount(part.Stored), byteCount(m.Bytes))
		if s.brokeOff {
			text = fmt.Sprintf(connectionBroke, text)
		}
		return offer{title: fmt.Sprintf(downloadNamed, m.title()), text: text}, true
	case s.Storage.How == "none":
		return offer{title: fmt.Sprintf(downloadNamed, m.title()), text: fmt.Sprintf(downloadEachVisit, byteCount(m.Bytes))}, true
	}
	return offer{title: fmt.Sprintf(downloadNamed, m.title()), text: fmt.Sprintf(downloadOnce, byteCount(m.Bytes))}, true
}

// roomText says how much of its room the site uses.
func (s *State) roomText() string {
	switch {
	case s.Storage.How == "":
		return storageUntold
	case s.Storage.How == "none":
		return storageNothing
	case s.Storage.Quota == 0:
		return fmt.Sprintf(storageUses, byteCount(s.Storage.Usage))
	}
	return fmt.Sprintf(storageUsesOf, byteCount(s.Storage.Usage), byteCount(s.Storage.Quota))
}

// persistText says whether the browser may clear what it keeps.
func (s *State) persistText() string {
	if s.Storage.Persisted {
		return storagePromised
	}
	return storageUnpromised
}

// storedText is what this device has of a model.
func storedText(m protocol.Model) string {
	if m.Stored == m.Bytes {
		return byteCount(m.Bytes)
	}
	return fmt.Sprintf(shareOf, byteCount(m.Stored), byteCount(m.Bytes))
}
