package ui

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"reverie/app/imports"
	"reverie/recipe"
)

// importPhase is how far an import is.
type importPhase int

const (
	importChoosing  importPhase = iota // nothing is under way
	importExamining                    // files that were chosen are looked at
	importWorking
	importPaused
	importStopping // Cancel was pressed
	importBroken   // what is here of the plan is kept, and it can go on
)

// importing is what the page knows of published models that are fetched, or brought as files, and kept. It knows nothing of the browser.
type importing struct {
	catalogue *imports.Catalogue // nil until it is there
	problem   string             // what is wrong, and what to do
	done      string             // what became of the last import

	clip, vqgan, quant string // the choice from the catalogue: IDs, of which one may be "", and a quantisation

	phase    importPhase
	plan     []imports.Begin // what is imported, one after another
	at       int             // the one of the plan that is under way
	progress imports.Progress
	choose   string // the model that is chosen once it is kept

	files []*imports.Source // that were chosen
	found *imports.Found    // what they are
	names []string          // of what becomes of the found parts, as typed
}

// importQuants are the quantisations that the page offers, the smallest first, as weights.Quants names them.
var importQuants = []struct{ name, label string }{{"q4", quantSmall}, {"q8", quantCloser}}

// SetCatalogue takes the list of published models, and chooses the pair that it suggests, or the first.
func (s *State) SetCatalogue(c imports.Catalogue) {
	i := &s.imports
	i.catalogue, i.problem = &c, ""
	if i.quant == "" {
		i.quant = importQuants[0].name
	}
	if len(c.Pairs) > 0 {
		s.ChoosePair(max(0, slices.IndexFunc(c.Pairs, func(p imports.Pair) bool { return p.Suggested })))
	}
}

// MissCatalogue is told that the list cannot be fetched.
func (s *State) MissCatalogue() {
	s.imports.problem = catalogueMissing
}

// ChoosePair chooses the i-th recommended pair.
func (s *State) ChoosePair(i int) {
	if c := s.imports.catalogue; c != nil && i >= 0 && i < len(c.Pairs) {
		s.imports.clip, s.imports.vqgan = c.Pairs[i].CLIP, c.Pairs[i].VQGAN
	}
}

// pairChosen is the recommended pair that is chosen, or -1.
func (i *importing) pairChosen() int {
	return slices.IndexFunc(i.catalogue.Pairs, func(p imports.Pair) bool { return p.CLIP == i.clip && p.VQGAN == i.vqgan })
}

// offer is the catalogue's entry of that ID.
func (i *importing) offer(id string) (imports.Offer, bool) {
	if i.catalogue == nil {
		return imports.Offer{}, false
	}
	at := slices.IndexFunc(i.catalogue.Files, func(o imports.Offer) bool { return o.ID == id })
	if at < 0 {
		return imports.Offer{}, false
	}
	return i.catalogue.Files[at], true
}

// chosenOffers are what is chosen from the catalogue, the CLIP first.
func (i *importing) chosenOffers() []imports.Offer {
	var list []imports.Offer
	for _, id := range []string{i.clip, i.vqgan} {
		if o, ok := i.offer(id); ok {
			list = append(list, o)
		}
	}
	return list
}

// wantedOffers are those of the chosen that are not here yet, in whatever quantisation.
func (s *State) wantedOffers() []imports.Offer {
	return slices.DeleteFunc(s.imports.chosenOffers(), s.here)
}

// here says whether this device or the site has what an offer becomes.
func (s *State) here(o imports.Offer) bool {
	return slices.ContainsFunc(s.folders, func(m Model) bool { return m.Name == o.ID })
}

// pairOf is the model of two folders. Where one is not told it is the chosen model's.
func (s *State) pairOf(clip, vqgan string) string {
	c, v := recipe.Halves(s.Form.Model())
	return recipe.Pairing(cmp.Or(clip, c), cmp.Or(vqgan, v))
}

// millions writes a number of millions of bytes.
func millions(mb int) string { return byteCount(int64(mb) * 1e6) }

// offerText is an entry of the catalogue as a picker lists it.
func (s *State) offerText(o imports.Offer) string {
	if s.here(o) {
		return fmt.Sprintf(offerKept, o.Title)
	}
	return fmt.Sprintf(offerSize, o.Title, millions(o.MB))
}

// summary says what the chosen models take, and where they come from.
func (s *State) summary() string {
	wanted := s.wantedOffers()
	if len(wanted) == 0 {
		return importHere
	}
	fetched, kept := 0, 0
	var hosts []string
	for _, o := range wanted {
		fetched, kept = fetched+o.MB, kept+o.Kept[s.imports.quant]
		if host := hostOf(o.URLs[0]); !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return fmt.Sprintf(importSizes, millions(fetched), strings.Join(hosts, hostsAnd), millions(kept))
}

// hostOf is the host of an address.
func hostOf(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	host, _, _ := strings.Cut(rest, "/")
	return host
}

// noRoom says why so many bytes cannot be kept, and what to do; "" where they can as far as the browser tells.
func (s *State) noRoom(bytes int64) string {
	free := s.Storage.Quota - s.Storage.Usage
	switch {
	case s.Storage.How == "none":
		return importNoPlace
	case s.Storage.Quota > 0 && free < bytes:
		return fmt.Sprintf(importNoRoom, byteCount(bytes), byteCount(max(0, free)))
	}
	return ""
}

// importRoom is noRoom of what is chosen from the catalogue.
func (s *State) importRoom() string {
	kept := 0
	for _, o := range s.wantedOffers() {
		kept += o.Kept[s.imports.quant]
	}
	return s.noRoom(int64(kept) * 1e6)
}

// Importing says whether an import is under way or waits.
func (s *State) Importing() bool { return s.imports.phase >= importWorking }

// PressImport begins to fetch what is chosen from the catalogue. Base is the URL of the models' folders.
func (s *State) PressImport(base string) (imports.Message, bool) {
	i := &s.imports
	if i.phase != importChoosing || i.catalogue == nil {
		return nil, false
	}
	var plan []imports.Begin
	choose := s.pairOf(i.clip, i.vqgan)
	for _, o := range s.wantedOffers() {
		source := &imports.Source{Name: o.Name, URLs: o.URLs, Size: o.Bytes, Digest: o.Digests[i.quant]}
		if o.Config != "" {
			source.Config = &imports.Text{Name: catalogueConfig, Text: o.Config}
		}
		b := imports.Begin{Base: base, Name: o.ID, Title: o.Title, About: o.About, Licence: o.Licence, Quant: i.quant}
		plan = append(plan, with(b, o.VQGAN, source))
	}
	if len(plan) == 0 { // they are here
		i.choose = choose
		s.chooseImported()
		return nil, false
	}
	if i.problem = s.importRoom(); i.problem != "" {
		return nil, false
	}
	return s.carryOut(plan, choose)
}

// with gives an import its one source.
func with(b imports.Begin, vqgan bool, source *imports.Source) imports.Begin {
	if vqgan {
		b.VQGAN = source
	} else {
		b.CLIP = source
	}
	return b
}

// carryOut begins a plan, after which a model is chosen.
func (s *State) carryOut(plan []imports.Begin, choose string) (imports.Message, bool) {
	i := &s.imports
	i.plan, i.at, i.choose, i.problem, i.done = plan, 0, choose, "", ""
	return s.beginNext()
}

// beginNext begins what comes next in the plan.
func (s *State) beginNext() (imports.Message, bool) {
	i := &s.imports
	i.phase, i.progress, i.problem = importWorking, imports.Progress{}, ""
	return i.plan[i.at], true
}

// PressPauseImport lets the import wait, or go on.
func (s *State) PressPauseImport() (imports.Message, bool) {
	i := &s.imports
	switch i.phase {
	case importWorking:
		i.phase = importPaused
		return imports.Pause{}, true
	case importPaused:
		i.phase = importWorking
		return imports.Resume{}, true
	}
	return nil, false
}

// ownFiles says whether the plan reads files that the person chose, which only the person can give again.
func (i *importing) ownFiles() bool {
	return slices.ContainsFunc(i.plan, func(b imports.Begin) bool {
		return b.CLIP != nil && len(b.CLIP.URLs) == 0 || b.VQGAN != nil && len(b.VQGAN.URLs) == 0
	})
}

// lacksFiles says whether it cannot go on before the person has chosen the files again.
func (i *importing) lacksFiles() bool {
	b := i.plan[i.at]
	lacks := func(s *imports.Source) bool { return s != nil && len(s.URLs) == 0 && s.File == nil }
	return lacks(b.CLIP) || lacks(b.VQGAN)
}

// PressGoOnImport goes on with an import that broke off.
func (s *State) PressGoOnImport() (imports.Message, bool) {
	if s.imports.phase != importBroken || s.imports.lacksFiles() {
		return nil, false
	}
	return s.beginNext()
}

// PressCancelImport ends the import. What of the plan is whole stays.
func (s *State) PressCancelImport() (imports.Message, bool) {
	i := &s.imports
	if i.phase < importWorking || i.phase == importStopping {
		return nil, false
	}
	i.phase = importStopping
	b := i.plan[i.at]
	return imports.Cancel{Base: b.Base, Name: b.Name}, true
}

// ReceiveImport takes what the program says that imports, and returns what to tell it next. It has nothing more to do when idle.
func (s *State) ReceiveImport(m imports.Message) (next imports.Message, idle bool) {
	i := &s.imports
	switch m := m.(type) {
	case imports.Found:
		if i.phase == importExamining {
			s.examined(m)
		}
		return nil, true
	case imports.Progress:
		i.progress = m
	case imports.Done:
		if i.phase < importWorking || i.at >= len(i.plan) {
			return nil, true
		}
		i.at++
		if i.at < len(i.plan) && i.phase != importStopping {
			next, _ := s.beginNext()
			return next, false
		}
		if i.at < len(i.plan) { // Cancel came too late for this one
			i.choose = ""
		}
		i.done = fmt.Sprintf(importDone, i.titles())
		s.imported()
		return nil, true
	case imports.Cancelled:
		i.done, i.choose = importCancelled, ""
		s.imported()
		return nil, true
	case imports.Problem:
		if m.Reason == imports.NoProgram {
			m.Message, m.Resumable = importNoProgram, true
		}
		s.importFailed(m.Message, m.Resumable)
		return nil, true
	case imports.Exit:
		s.importFailed(importEnded, true)
		return nil, true
	}
	return nil, false
}

// imported ends the plan.
func (s *State) imported() {
	i := &s.imports
	i.phase, i.plan, i.at, i.found, i.files = importChoosing, nil, 0, nil, nil
	s.chooseImported()
}

// importFailed tells what went wrong. An import whose parts are kept can go on.
func (s *State) importFailed(problem string, resumable bool) {
	i := &s.imports
	i.problem = problem
	switch {
	case i.phase < importWorking:
		i.phase = importChoosing
	case resumable:
		i.phase = importBroken
	default:
		i.phase, i.plan, i.at, i.choose = importChoosing, nil, 0, ""
	}
}

// titles are those of what the plan has brought so far.
func (i *importing) titles() string {
	var list []string
	for _, b := range i.plan[:i.at] {
		list = append(list, titleOf(b))
	}
	return strings.Join(list, " + ")
}

func titleOf(b imports.Begin) string {
	if b.Title == "" {
		return b.Name
	}
	return b.Title
}

// importText says how far the import is.
func (s *State) importText() string {
	i := &s.imports
	if i.phase < importWorking {
		return i.done
	}
	text := titleOf(i.plan[i.at])
	if len(i.plan) > 1 {
		text += fmt.Sprintf(importOf, i.at+1, len(i.plan))
	}
	p := i.progress
	switch {
	case i.phase == importStopping:
		return text + importStoppingText
	case i.phase == importBroken && i.lacksFiles():
		return text + importLacksFiles
	case i.phase == importBroken:
		return text + importBrokeOff
	case p.Total == 0:
		return text + importLooking
	}
	text += fmt.Sprintf(importCount, byteCount(p.Done), byteCount(p.Total))
	if i.phase == importPaused {
		return text + importPausedText
	}
	if p.Speed > 0 {
		text += fmt.Sprintf(importSpeed, byteCount(int64(p.Speed)))
	}
	if p.Left >= 0 {
		text += fmt.Sprintf(importLeft, clock(time.Duration(p.Left*float64(time.Second))))
	}
	return text
}

// importNews is what became of the import that has just ended; "" while one is under way or waits, of which the page tells all the time.
func (s *State) importNews() string {
	if s.Importing() {
		return ""
	}
	return cmp.Or(s.imports.problem, s.imports.done)
}

// chooseImported chooses the model that was imported, once the page knows that it is there.
func (s *State) chooseImported() {
	i := &s.imports
	if i.choose == "" || i.phase != importChoosing || s.model(i.choose).Factor == 0 {
		return
	}
	s.Edit(recipe.Model.Option, i.choose)
	i.done = strings.TrimSpace(i.done + importChosen)
	i.choose = ""
}

// keptImport is a plan as the browser keeps it, for a visit to come.
type keptImport struct {
	Plan   []imports.Begin `json:"plan"`
	At     int             `json:"at"`
	Choose string          `json:"choose"`
}

// ImportPlan is what to keep of the import under way; "" of none.
func (s *State) ImportPlan() string {
	i := &s.imports
	if i.phase < importWorking {
		return ""
	}
	text, _ := json.Marshal(keptImport{i.plan, i.at, i.choose}) // it holds nothing that JSON cannot
	return string(text)
}

// RestoreImport takes a plan that an earlier visit did not end. It goes on when the person says so.
func (s *State) RestoreImport(text string) {
	var k keptImport
	if json.Unmarshal([]byte(text), &k) != nil || k.At < 0 || k.At >= len(k.Plan) || s.imports.phase != importChoosing {
		return
	}
	for _, b := range k.Plan {
		if b.CLIP == nil && b.VQGAN == nil {
			return
		}
	}
	s.imports.phase, s.imports.plan, s.imports.at, s.imports.choose = importBroken, k.Plan, k.At, k.Choose
}
