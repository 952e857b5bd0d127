package encode

import (
	"bytes"
	"fmt"
	"io"

	"github.com/at-wat/ebml-go"
	"github.com/at-wat/ebml-go/webm"

	"reverie/app/film"
)

// The elements that ebml-go's own structures lack: colours, tags, and places of a fixed width, so that the index can stand before what it points to.
type (
	webmFile struct {
		Header  webm.EBMLHeader `ebml:"EBML"`
		Segment webmSegment     `ebml:"Segment"`
	}
	webmSegment struct {
		Info    webm.Info      `ebml:"Info"`
		Tracks  webmTracks     `ebml:"Tracks"`
		Tags    webmTags       `ebml:"Tags"`
		Cues    webmCues       `ebml:"Cues"`
		Cluster []webm.Cluster `ebml:"Cluster"`
	}
	webmTracks struct {
		TrackEntry webmTrack `ebml:"TrackEntry"`
	}
	webmTrack struct {
		TrackNumber     uint64    `ebml:"TrackNumber"`
		TrackUID        uint64    `ebml:"TrackUID"`
		TrackType       uint64    `ebml:"TrackType"`
		CodecID         string    `ebml:"CodecID"`
		DefaultDuration uint64    `ebml:"DefaultDuration"` // of a frame, in nanoseconds
		Video           webmVideo `ebml:"Video"`
	}
	webmVideo struct {
		PixelWidth  uint64      `ebml:"PixelWidth"`
		PixelHeight uint64      `ebml:"PixelHeight"`
		Colour      *webmColour `ebml:"Colour"`
	}
	webmColour struct {
		MatrixCoefficients      uint64 `ebml:"MatrixCoefficients"`
		Range                   uint64 `ebml:"Range"` // 1 is limited, 2 full
		TransferCharacteristics uint64 `ebml:"TransferCharacteristics"`
		Primaries               uint64 `ebml:"Primaries"`
	}
	webmTags struct {
		Tag webmTag `ebml:"Tag"`
	}
	webmTag struct {
		Targets   struct{}     `ebml:"Targets"` // the whole file
		SimpleTag []webmSimple `ebml:"SimpleTag"`
	}
	webmSimple struct {
		TagName   string `ebml:"TagName"`
		TagString string `ebml:"TagString"`
	}
	webmCues struct {
		CuePoint []webmCue `ebml:"CuePoint"`
	}
	webmCue struct {
		CueTime           uint64       `ebml:"CueTime"`
		CueTrackPositions webmPosition `ebml:"CueTrackPositions"`
	}
	webmPosition struct {
		CueTrack           uint64 `ebml:"CueTrack"`
		CueClusterPosition uint64 `ebml:"CueClusterPosition,size=8"` // from the first byte in the segment
	}
)

func muxVP9(o film.Options, s stream) ([]byte, error) { return muxWebM(o, s, "V_VP9") }
func muxVP8(o film.Options, s stream) ([]byte, error) { return muxWebM(o, s, "V_VP8") }

// muxWebM begins a cluster, and an entry of the index, at every key frame.
func muxWebM(o film.Options, s stream, id string) ([]byte, error) {
	if len(s.chunks) == 0 || !s.chunks[0].key {
		return nil, errNothing
	}
	track := webmTrack{TrackNumber: 1, TrackUID: 1, TrackType: 1, CodecID: id, DefaultDuration: uint64(1_000_000_000 / o.Rate),
		Video: webmVideo{PixelWidth: uint64(o.Width), PixelHeight: uint64(o.Height)}}
	if c := s.colour; c.known() {
		track.Video.Colour = &webmColour{MatrixCoefficients: uint64(c.matrix), Range: 1, TransferCharacteristics: uint64(c.transfer), Primaries: uint64(c.primaries)}
		if c.full {
			track.Video.Colour.Range = 2
		}
	}
	file := webmFile{Header: *webm.DefaultEBMLHeader, Segment: webmSegment{
		Info:   webm.Info{TimecodeScale: 1_000_000, MuxingApp: writer, WritingApp: writer, Duration: 1000 * float64(len(s.chunks)) / float64(o.Rate)},
		Tracks: webmTracks{track},
	}}
	for _, t := range []webmSimple{{"TITLE", o.Title}, {"COMMENT", o.Comment}} {
		if t.TagString != "" {
			file.Segment.Tags.Tag.SimpleTag = append(file.Segment.Tags.Tag.SimpleTag, t)
		}
	}
	file.Segment.Cluster = clusters(o, s.chunks)
	for _, c := range file.Segment.Cluster {
		file.Segment.Cues.CuePoint = append(file.Segment.Cues.CuePoint, webmCue{c.Timecode, webmPosition{CueTrack: 1}})
	}
	if err := place(&file); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	var b bytes.Buffer
	if err := ebml.Marshal(&file, &b); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return b.Bytes(), nil
}

func clusters(o film.Options, chunks []chunk) []webm.Cluster {
	var all []webm.Cluster
	for _, c := range chunks {
		at := uint64(1000 * c.frame / o.Rate) // in milliseconds
		if c.key {
			all = append(all, webm.Cluster{Timecode: at})
		}
		last := &all[len(all)-1]
		last.SimpleBlock = append(last.SimpleBlock, ebml.Block{TrackNumber: 1, Timecode: int16(at - last.Timecode), Keyframe: c.key, Data: [][]byte{c.data}})
	}
	return all
}

// place tells the index where the clusters lie, by writing the file once to nowhere.
func place(file *webmFile) error {
	var first uint64
	var found []uint64
	look := func(e *ebml.Element) {
		switch e.Type {
		case ebml.ElementInfo:
			first = e.Position
		case ebml.ElementCluster:
			found = append(found, e.Position)
		}
	}
	if err := ebml.Marshal(file, io.Discard, ebml.WithElementWriteHooks(look)); err != nil {
		return err
	}
	for i, at := range found {
		file.Segment.Cues.CuePoint[i].CueTrackPositions.CueClusterPosition = at - first
	}
	return nil
}
