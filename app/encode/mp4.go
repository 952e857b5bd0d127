package encode

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/Eyevinn/mp4ff/av1"
	"github.com/Eyevinn/mp4ff/avc"
	"github.com/Eyevinn/mp4ff/mp4"

	"reverie/app/film"
)

// ticks is the length of a frame: a second has so many times the rate.
const ticks = 1000

var errNothing = errors.New("encode: the codec gave no frames that a film could begin with")

// muxAVC writes H.264 as MP4. Chunks are units with their lengths before them, and the description is the decoder's configuration record.
func muxAVC(o film.Options, s stream) ([]byte, error) {
	record, err := avc.DecodeAVCDecConfRec(s.description)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return muxMP4(o, s, mp4.CreateVisualSampleEntryBox("avc1", uint16(o.Width), uint16(o.Height), &mp4.AvcCBox{DecConfRec: record}))
}

// muxAV1 writes AV1 as MP4.
func muxAV1(o film.Options, s stream) ([]byte, error) {
	record, err := av1Record(s)
	if err != nil {
		return nil, err
	}
	return muxMP4(o, s, mp4.CreateVisualSampleEntryBox("av01", uint16(o.Width), uint16(o.Height), &mp4.Av1CBox{CodecConfRec: record}))
}

// muxMP4 puts the index before the pictures, so that a film plays while it is still arriving.
func muxMP4(o film.Options, s stream, entry *mp4.VisualSampleEntryBox) ([]byte, error) {
	if len(s.chunks) == 0 || !s.chunks[0].key {
		return nil, errNothing
	}
	if s.colour.known() {
		entry.AddChild(&mp4.ColrBox{ColorType: mp4.ColorTypeOnScreenColors, ColorPrimaries: s.colour.primaries,
			TransferCharacteristics: s.colour.transfer, MatrixCoefficients: s.colour.matrix, FullRangeFlag: s.colour.full})
	}
	scale, length := uint32(ticks*o.Rate), uint64(ticks*len(s.chunks))
	track := mp4.CreateEmptyTrak(1, scale, "video", "und")
	track.Tkhd.Width, track.Tkhd.Height = mp4.Fixed32(o.Width<<16), mp4.Fixed32(o.Height<<16)
	track.Tkhd.Duration, track.Mdia.Mdhd.Duration = length, length
	samples := track.Mdia.Minf.Stbl
	samples.Stsd.AddChild(entry)
	data, err := index(samples, s.chunks)
	if err != nil {
		return nil, err
	}
	moov := mp4.NewMoovBox()
	header := mp4.CreateMvhd()
	header.Timescale, header.Duration = scale, length
	moov.AddChild(header)
	moov.AddChild(track)
	words, err := words(o)
	if err != nil {
		return nil, err
	}
	moov.AddChild(words)
	kind := mp4.NewFtyp("isom", 0x200, []string{"isom", "iso2", "mp41"})
	if entry.Type() == "avc1" {
		kind.AddCompatibleBrands([]string{"avc1"})
	}
	samples.Stco.ChunkOffset = []uint32{0} // whose room belongs to moov's size
	samples.Stco.ChunkOffset[0] = uint32(kind.Size() + moov.Size() + data.HeaderSize())
	var b bytes.Buffer
	for _, box := range []mp4.Box{kind, moov, data} {
		if err := box.Encode(&b); err != nil {
			return nil, fmt.Errorf("encode: %w", err)
		}
	}
	return b.Bytes(), nil
}

// index fills the tables of a track and returns what they are about.
func index(samples *mp4.StblBox, chunks []chunk) (*mp4.MdatBox, error) {
	n := uint32(len(chunks))
	samples.Stts.SampleCount, samples.Stts.SampleTimeDelta = []uint32{n}, []uint32{ticks}
	if err := samples.Stsc.AddEntry(1, n, 1); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	data, keys, ordered := &mp4.MdatBox{}, &mp4.StssBox{}, true
	counts, offsets := make([]uint32, n), make([]int32, n)
	for i, c := range chunks {
		data.AddSampleData(c.data)
		samples.Stsz.SampleSize = append(samples.Stsz.SampleSize, uint32(len(c.data)))
		if c.key {
			keys.SampleNumber = append(keys.SampleNumber, uint32(i+1))
		}
		counts[i], offsets[i] = 1, int32(ticks*(c.frame-i))
		ordered = ordered && c.frame == i
	}
	samples.Stsz.SampleNumber = n
	samples.AddChild(keys)
	if !ordered { // version 1 has frames that are shown before they are decoded after others
		order := &mp4.CttsBox{Version: 1}
		if err := order.AddSampleCountsAndOffset(counts, offsets); err != nil {
			return nil, fmt.Errorf("encode: %w", err)
		}
		samples.AddChild(order)
	}
	return data, nil
}

// words are title and comment where players and catalogues look for them: in the list of iTunes.
func words(o film.Options) (*mp4.UdtaBox, error) {
	handler, err := mp4.CreateHdlr("mdir")
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	list := &mp4.IlstBox{}
	for _, w := range []struct{ name, text string }{{"\xa9nam", o.Title}, {"\xa9cmt", o.Comment}, {"\xa9too", writer}} {
		if w.text != "" {
			item := mp4.NewGenericContainerBox(w.name)
			item.AddChild(&mp4.DataBox{Data: []byte(w.text)})
			list.AddChild(item)
		}
	}
	meta := mp4.CreateMetaBox(0, handler)
	meta.AddChild(list)
	udta := &mp4.UdtaBox{}
	udta.AddChild(meta)
	return udta, nil
}

// writer is what films say they were made by.
const writer = "Reverie"

// av1Record is the decoder's configuration, which AV1 itself has at the beginning of its first frame.
func av1Record(s stream) (av1.CodecConfRec, error) {
	if len(s.chunks) == 0 {
		return av1.CodecConfRec{}, errNothing
	}
	units, err := av1.SplitOBUs(s.chunks[0].data)
	if err != nil {
		return av1.CodecConfRec{}, fmt.Errorf("encode: %w", err)
	}
	for _, unit := range units {
		if unit.Header.Type == av1.OBUSequenceHeader {
			header, err := av1.ParseSequenceHeader(unit.Payload)
			if err != nil {
				return av1.CodecConfRec{}, fmt.Errorf("encode: %w", err)
			}
			return av1.CodecConfRecFromSequenceHeader(header, unit.Encode()), nil
		}
	}
	return av1.CodecConfRec{}, errNothing
}
