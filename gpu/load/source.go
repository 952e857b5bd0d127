package load

import (
	"context"
	"fmt"
	"strings"

	"reverie/gpu/store"
	"reverie/recipe"
	"reverie/weights"
)

// Source is where a model's parts come from: a folder on a server with what the browser keeps of it, or two, of which one gives CLIP and the other
// the VQGAN.
type Source struct {
	Name  string // as recipe.Halves reads it
	Store store.Store

	clip, vqgan *folder // the same where one folder has both
}

// From is a model at the URL of its folder, which ends in a slash. The last name of the URL may be that of a pair, whose folders lie side by side.
// With store.Nothing, nothing is kept.
func From(url string, keep store.Store) *Source {
	url = strings.TrimSuffix(url, "/")
	base, model := url[:strings.LastIndex(url, "/")+1], url[strings.LastIndex(url, "/")+1:]
	clip, vqgan := recipe.Halves(model)
	s := &Source{Name: recipe.Pairing(clip, vqgan), Store: keep, clip: folderAt(base, clip, keep)}
	if s.vqgan = s.clip; vqgan != clip {
		s.vqgan = folderAt(base, vqgan, keep)
	}
	return s
}

// Manifest gets the server's manifest and keeps it. Without an answer it is the kept one. Of a pair it is made of both.
func (s *Source) Manifest(ctx context.Context) (*weights.Manifest, error) {
	return s.manifest(ctx, (*folder).manifest)
}

// Look is the manifest that is kept, or else the server's. It keeps nothing.
func (s *Source) Look(ctx context.Context) (*weights.Manifest, error) {
	return s.manifest(ctx, (*folder).look)
}

func (s *Source) manifest(ctx context.Context, of func(*folder, context.Context) (*weights.Manifest, error)) (*weights.Manifest, error) {
	clip, err := of(s.clip, ctx)
	if err != nil || s.vqgan == s.clip {
		return clip, err
	}
	vqgan, err := of(s.vqgan, ctx)
	switch {
	case err != nil:
		return nil, err
	case !clip.HasCLIP():
		return nil, fmt.Errorf("load: %s holds no CLIP, and a pair is named CLIP+VQGAN: choose another model", s.clip.name)
	case !vqgan.HasVQGAN():
		return nil, fmt.Errorf("load: %s holds no VQGAN, and a pair is named CLIP+VQGAN: choose another model", s.vqgan.name)
	}
	return weights.Pair(clip, vqgan), nil
}

// Vocabulary brings CLIP's vocabulary into Go's memory, unpacked.
func (s *Source) Vocabulary(ctx context.Context, m *weights.Manifest) ([]byte, error) {
	return s.clip.vocabulary(ctx, m)
}

// of is the folder that holds a part.
func (s *Source) of(part string) *folder {
	if part == weights.PartDecoder || part == weights.PartEncoder {
		return s.vqgan
	}
	return s.clip
}

// fits looks for room for so many bytes more.
func (s *Source) fits(ctx context.Context, missing int64) error {
	if missing == 0 {
		return nil
	}
	room, err := s.Store.Room(ctx)
	if err != nil {
		return err
	}
	if free := max(0, room.Quota-room.Usage); room.Quota > 0 && free < missing {
		return &RoomError{Missing: missing, Free: free}
	}
	return nil
}
