package ui

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"reverie/app/imports"
	"reverie/recipe"
)

// modelEndings are the endings of files in which models are published, with their configurations.
var modelEndings = []string{".pt", ".pth", ".ckpt", ".safetensors", ".bin", ".yaml", ".yml", ".json"}

// isModelFile says by its name whether a file that was dropped belongs to a model.
func isModelFile(name string) bool {
	return slices.Contains(modelEndings, strings.ToLower(path.Ext(name)))
}

// Bring asks what files are that the person chose.
func (s *State) Bring(files []*imports.Source) (imports.Message, bool) {
	i := &s.imports
	if len(files) > 0 && s.Importing() && i.phase != importBroken {
		i.problem = importUnderWay
		return nil, false
	}
	if len(files) == 0 || i.phase != importChoosing && !(i.phase == importBroken && i.lacksFiles()) {
		return nil, false
	}
	if i.phase == importBroken {
		s.giveAgain(files)
		if !i.lacksFiles() {
			return s.beginNext()
		}
		i.problem = importOtherFiles
		return nil, false
	}
	i.phase, i.files, i.found, i.problem, i.done = importExamining, files, nil, "", ""
	return imports.Examine{Files: files}, true
}

// giveAgain gives the plan its files again.
func (s *State) giveAgain(files []*imports.Source) {
	for _, b := range s.imports.plan {
		for _, source := range []*imports.Source{b.CLIP, b.VQGAN} {
			for _, f := range files {
				if source != nil && f.Name == source.Name && f.Size == source.Size && f.Changed == source.Changed {
					source.File = f.File
				}
			}
		}
	}
}

// examined takes what the files are, and proposes names.
func (s *State) examined(m imports.Found) {
	i := &s.imports
	i.phase, i.found, i.names = importChoosing, &m, nil
	for _, p := range m.Parts {
		file := i.files[p.File].Name
		i.names = append(i.names, strings.TrimSuffix(file, path.Ext(file)))
	}
}

// parts are those of a kind that were recognised.
func (i *importing) parts(vqgan bool) []imports.Part {
	if i.found == nil {
		return nil
	}
	var list []imports.Part
	for _, p := range i.found.Parts {
		if p.VQGAN == vqgan {
			list = append(list, p)
		}
	}
	return list
}

// brought says what is wrong with the files that were chosen as a whole, or what a picture needs beside them; ready says whether they can be imported.
func (s *State) brought() (text string, ready bool) {
	i := &s.imports
	clips, vqgans := len(i.parts(false)), len(i.parts(true))
	switch {
	case clips > 1 || vqgans > 1:
		return broughtTwo, false
	case clips+vqgans == 0:
		return "", false
	case clips == 0:
		return broughtVQGAN, true
	case vqgans == 0:
		return broughtCLIP, true
	}
	return broughtPair, true
}

// NamePart takes what is typed as the name of the i-th part that was found.
func (s *State) NamePart(i int, name string) {
	if i < len(s.imports.names) {
		s.imports.names[i] = name
	}
}

// PressBring imports the files that were recognised.
func (s *State) PressBring(base string) (imports.Message, bool) {
	i := &s.imports
	if _, ready := s.brought(); i.phase != importChoosing || !ready {
		return nil, false
	}
	kept := int64(0)
	var plan []imports.Begin
	names := map[bool]string{}
	for n, p := range i.found.Parts {
		name := s.freeModel(modelName(i.names[n]))
		if err := recipe.CheckName(name); err != nil || name == names[!p.VQGAN] {
			i.problem = fmt.Sprintf(broughtName, i.files[p.File].Name)
			return nil, false
		}
		source := *i.files[p.File]
		source.Config, source.Beside = p.Config, p.Beside
		names[p.VQGAN] = name
		kept += p.Kept[i.quantOr()]
		plan = append(plan, with(imports.Begin{Base: base, Name: name, Title: strings.TrimSpace(i.names[n]), Quant: i.quantOr()}, p.VQGAN, &source))
	}
	if i.problem = s.noRoom(kept); i.problem != "" {
		return nil, false
	}
	return s.carryOut(plan, s.pairOf(names[false], names[true]))
}

// quantOr is the quantisation that is chosen, or the first.
func (i *importing) quantOr() string {
	if i.quant == "" {
		return importQuants[0].name
	}
	return i.quant
}

// modelName is a typed name as one that may stand in an address.
func modelName(typed string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(strings.TrimSpace(typed)) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.', r == '_':
			b.WriteRune(r)
		case !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-.")
}

// freeModel is a name that the site does not serve: what is kept under it would be taken for the site's.
func (s *State) freeModel(name string) string {
	free := name
	for n := 2; slices.ContainsFunc(s.listed, func(m Model) bool { return m.Name == free }); n++ {
		free = fmt.Sprintf("%s-%d", name, n)
	}
	return free
}
