package encode

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"testing"

	"github.com/Eyevinn/mp4ff/av1"
	"github.com/Eyevinn/mp4ff/mp4"
	"github.com/at-wat/ebml-go"

	"reverie/app/film"
)

// What ffmpeg's codecs made of twelve frames of 64×48 with a key frame every five:
//
//	ffmpeg -f lavfi -i testsrc2=size=64x48:rate=10:duration=1.2 -pix_fmt yuv420p -g 5 …
//
// as H.264 with frames between (-bf 2), VP8, VP9 and AV1 without.
const recordedFrames = 12

var recordedOptions = film.Options{Width: 64, Height: 48, Rate: 10, Title: "a red apple ^ ü", Comment: `{"version":4,"prompt":"a red apple"}`}

var recordedColour = colour{primaries: 1, transfer: 13, matrix: 1, full: true}

// recordedAVC is the stream of an MP4.
func recordedAVC(t *testing.T) stream {
	t.Helper()
	data := readTestdata(t, "h264.mp4")
	f, err := mp4.DecodeFile(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	s := samplesOf(t, f, data, 1024) // ffmpeg's ticks for a frame
	var record bytes.Buffer
	if err := f.Moov.Trak.Mdia.Minf.Stbl.Stsd.AvcX.AvcC.DecConfRec.Encode(&record); err != nil {
		t.Fatal(err)
	}
	s.description = record.Bytes()
	return s
}

// samplesOf are the chunks of an MP4, whose frames last so many ticks.
func samplesOf(t *testing.T, f *mp4.File, data []byte, frame int32) stream {
	t.Helper()
	samples := f.Moov.Trak.Mdia.Minf.Stbl
	s := stream{}
	at, shift := int(samples.Stco.ChunkOffset[0]), int32(0)
	for i := range samples.Stsz.SampleNumber {
		n := int(samples.Stsz.GetSampleSize(int(i + 1)))
		order := int32(0)
		if samples.Ctts != nil {
			order = samples.Ctts.GetCompositionTimeOffset(i + 1)
		}
		if i == 0 { // an edit list takes the delay away
			shift = order
		}
		s.chunks = append(s.chunks, chunk{data[at : at+n], samples.Stss.IsSyncSample(i + 1), int(i) + int((order-shift)/frame)})
		at += n
	}
	return s
}

// recordedIVF is the stream of an IVF file: a header of 32 bytes, and 12 before each frame, which begin with its length.
func recordedIVF(t *testing.T, name string) stream {
	t.Helper()
	data := readTestdata(t, name)
	s := stream{}
	for at := 32; at < len(data); {
		n := int(binary.LittleEndian.Uint32(data[at:]))
		s.chunks = append(s.chunks, chunk{data[at+12 : at+12+n], len(s.chunks)%5 == 0, len(s.chunks)})
		at += 12 + n
	}
	return s
}

func readTestdata(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// sameChunks compares what a file holds with what was put in.
func sameChunks(t *testing.T, got, want []chunk) {
	t.Helper()
	if len(got) != recordedFrames || len(want) != recordedFrames {
		t.Fatalf("%d frames of %d", len(got), len(want))
	}
	for i := range want {
		if !bytes.Equal(got[i].data, want[i].data) || got[i].key != want[i].key || got[i].frame != want[i].frame {
			t.Errorf("chunk %d: %d bytes, key %t, frame %d, want %d, %t, %d", i, len(got[i].data), got[i].key, got[i].frame, len(want[i].data), want[i].key, want[i].frame)
		}
	}
}

func TestMP4(t *testing.T) {
	for _, c := range []struct {
		name   string
		stream stream
		mux    func(film.Options, stream) ([]byte, error)
	}{{"H.264", recordedAVC(t), muxAVC}, {"AV1", recordedIVF(t, "av1.ivf"), muxAV1}} {
		t.Run(c.name, func(t *testing.T) {
			c.stream.colour = recordedColour
			data, err := c.mux(recordedOptions, c.stream)
			if err != nil {
				t.Fatal(err)
			}
			f, err := mp4.DecodeFile(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			sameChunks(t, samplesOf(t, f, data, ticks).chunks, c.stream.chunks)
			track := f.Moov.Trak
			if at := [2]string{f.Children[1].Type(), f.Children[2].Type()}; at != [2]string{"moov", "mdat"} {
				t.Errorf("the index does not come first: %v", at)
			}
			if m := track.Mdia.Mdhd; float64(m.Duration)/float64(m.Timescale) != 1.2 || f.Moov.Mvhd.Duration != m.Duration || track.Tkhd.Duration != m.Duration {
				t.Errorf("%d/%d seconds", m.Duration, m.Timescale)
			}
			entry := track.Mdia.Minf.Stbl.Stsd.Children[0].(*mp4.VisualSampleEntryBox)
			if entry.Width != 64 || entry.Height != 48 || track.Tkhd.Width != 64<<16 || track.Tkhd.Height != 48<<16 {
				t.Errorf("it has %d×%d pixels", entry.Width, entry.Height)
			}
			colr := entry.Children[1].(*mp4.ColrBox)
			if got := (colour{colr.ColorPrimaries, colr.TransferCharacteristics, colr.MatrixCoefficients, colr.FullRangeFlag}); got != recordedColour {
				t.Errorf("its colours are %v", got)
			}
			for _, text := range []string{recordedOptions.Title, recordedOptions.Comment} {
				if !bytes.Contains(data, []byte(text)) {
					t.Errorf("it does not say %s", text)
				}
			}
			switch c.name {
			case "H.264":
				var record bytes.Buffer
				if err := entry.AvcC.DecConfRec.Encode(&record); err != nil || !bytes.Equal(record.Bytes(), c.stream.description) {
					t.Errorf("decoders are told %x (%v), want %x", record.Bytes(), err, c.stream.description)
				}
			case "AV1":
				header, err := entry.Av1C.SequenceHeader()
				if err != nil || header.Width() != 64 || header.Height() != 48 {
					t.Errorf("decoders are told %+v, %v", header, err)
				}
			}
		})
	}
}

func TestWebM(t *testing.T) {
	for id, name := range map[string]string{"V_VP8": "vp8.ivf", "V_VP9": "vp9.ivf"} {
		t.Run(id, func(t *testing.T) {
			s := recordedIVF(t, name)
			s.colour = recordedColour
			data, err := muxWebM(recordedOptions, s, id)
			if err != nil {
				t.Fatal(err)
			}
			var f webmFile
			places := map[uint64]bool{}
			first := uint64(0)
			look := func(e *ebml.Element) {
				switch e.Type {
				case ebml.ElementInfo:
					first = e.Position
				case ebml.ElementCluster:
					places[e.Position-first] = true
				}
			}
			if err := ebml.Unmarshal(bytes.NewReader(data), &f, ebml.WithElementReadHooks(look)); err != nil {
				t.Fatal(err)
			}
			var got []chunk
			for _, cluster := range f.Segment.Cluster {
				for _, b := range cluster.SimpleBlock {
					got = append(got, chunk{b.Data[0], b.Keyframe, int(cluster.Timecode+uint64(b.Timecode)) * 10 / 1000})
				}
			}
			sameChunks(t, got, s.chunks)
			track := f.Segment.Tracks.TrackEntry
			if track.CodecID != id || track.Video.PixelWidth != 64 || track.Video.PixelHeight != 48 || track.DefaultDuration != 100_000_000 {
				t.Errorf("the track is %+v", track)
			}
			if want := (webmColour{1, 2, 13, 1}); track.Video.Colour == nil || *track.Video.Colour != want {
				t.Errorf("its colours are %v", track.Video.Colour)
			}
			if f.Segment.Info.Duration != 1200 {
				t.Errorf("it lasts %v ms", f.Segment.Info.Duration)
			}
			if tags := fmt.Sprint(f.Segment.Tags.Tag.SimpleTag); tags != fmt.Sprint([]webmSimple{{"TITLE", recordedOptions.Title}, {"COMMENT", recordedOptions.Comment}}) {
				t.Errorf("it says %s", tags)
			}
			if len(f.Segment.Cues.CuePoint) != 3 || len(places) != 3 {
				t.Errorf("%d entries in the index for %d clusters, want 3", len(f.Segment.Cues.CuePoint), len(places))
			}
			for i, cue := range f.Segment.Cues.CuePoint {
				if !places[cue.CueTrackPositions.CueClusterPosition] || cue.CueTime != uint64(500*i) {
					t.Errorf("the index says %+v, and clusters lie at %v", cue, places)
				}
			}
		})
	}
}

func TestStreamsThatAreNoFilm(t *testing.T) {
	later := recordedIVF(t, "vp9.ivf")
	later.chunks = later.chunks[1:]
	noHeader := recordedIVF(t, "av1.ivf")
	noHeader.chunks[0].data = noHeader.chunks[1].data
	for name, mux := range map[string]func() ([]byte, error){
		"H.264 without its description": func() ([]byte, error) { return muxAVC(recordedOptions, stream{chunks: later.chunks}) },
		"H.264 without frames": func() ([]byte, error) {
			return muxAVC(recordedOptions, stream{description: recordedAVC(t).description})
		},
		"AV1 without its header": func() ([]byte, error) { return muxAV1(recordedOptions, noHeader) },
		"AV1 without frames":     func() ([]byte, error) { return muxAV1(recordedOptions, stream{}) },
		"AV1 that is cut": func() ([]byte, error) {
			return muxAV1(recordedOptions, stream{chunks: []chunk{{[]byte{0x0a}, true, 0}}})
		},
		"VP9 that begins in the middle": func() ([]byte, error) { return muxVP9(recordedOptions, later) },
		"VP8 without frames":            func() ([]byte, error) { return muxVP8(recordedOptions, stream{}) },
	} {
		if _, err := mux(); err == nil {
			t.Errorf("%s is written", name)
		}
	}
}

// The sequence header that AV1 begins with is where the test above thinks that it is.
func TestAV1BeginsWithItsHeader(t *testing.T) {
	units, err := av1.SplitOBUs(recordedIVF(t, "av1.ivf").chunks[0].data)
	if err != nil || len(units) < 3 || units[1].Header.Type != av1.OBUSequenceHeader {
		t.Errorf("units %v, %v", units, err)
	}
}
