package imports

// CatalogueFile is where the site has the catalogue, as JSON, below the folder of all models.
const CatalogueFile = "catalogue.json"

// Catalogue is the published models that the page offers.
type Catalogue struct {
	Files []Offer `json:"files"`
	Pairs []Pair  `json:"pairs"`
}

// Offer is one published CLIP or VQGAN.
type Offer struct {
	ID      string            `json:"id"`   // of the model that it becomes
	Name    string            `json:"name"` // of the file
	VQGAN   bool              `json:"vqgan"`
	Title   string            `json:"title"`
	About   string            `json:"about"` // what it is good at
	Licence string            `json:"licence"`
	Notice  string            `json:"notice,omitempty"` // what its publisher wants users to know
	URLs    []string          `json:"urls"`
	Bytes   int64             `json:"bytes,omitempty"`   // of the file, where they are known exactly
	MB      int               `json:"mb"`                // about how many millions of bytes are fetched
	Kept    map[string]int    `json:"kept"`              // about how many are kept, by quantisation
	Digests map[string]string `json:"digests,omitempty"` // as Source.Digest, by quantisation
	Config  string            `json:"config,omitempty"`  // a CLIP's in JSON, a VQGAN's in YAML
}

// Pair is a CLIP and a VQGAN that go well together, by their IDs.
type Pair struct {
	Title string `json:"title"`
	About string `json:"about"`
	CLIP  string `json:"clip"`
	VQGAN string `json:"vqgan"`
	// Suggested says that it is for whoever has not chosen.
	Suggested bool `json:"suggested,omitempty"`
}
