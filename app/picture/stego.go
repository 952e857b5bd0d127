package picture

import (
	"strconv"
	"strings"
)

// The text in the pixels, as the Stegano tool's LSB method writes it: the number of characters in decimal, a colon, the
// characters as 8 bits each, highest first. The bits lie in the lowest bits of red, green and blue, pixel after pixel from
// the top left; alpha and all pixels after the text are left alone.

// hide writes text into pix, RGBA rows without gaps. It reports false, and changes nothing, where the picture is too small
// or a character is beyond Latin-1, which the method has no room for.
func hide(pix []byte, text string) bool {
	runes := []rune(text)
	for _, r := range runes {
		if r > 0xff {
			return false
		}
	}
	message := append([]rune(strconv.Itoa(len(runes))+":"), runes...)
	if len(message)*8 > len(pix)/4*3 {
		return false
	}
	// The method fills the last pixel with zeros.
	bits := (len(message)*8 + 2) / 3 * 3
	for i := range bits {
		bit := byte(0)
		if i/8 < len(message) {
			bit = byte(message[i/8]>>(7-i%8)) & 1
		}
		at := i/3*4 + i%3
		pix[at] = pix[at]&^1 | bit
	}
	return true
}

// reveal reads what hide wrote, or reports that pix holds no such text, or one that is longer than any chunk's may be.
func reveal(pix []byte) (string, bool) {
	capacity := len(pix) / 4 * 3 / 8
	character := func(i int) byte {
		var c byte
		for bit := 8 * i; bit < 8*i+8; bit++ {
			c = c<<1 | pix[bit/3*4+bit%3]&1
		}
		return c
	}
	length, i := 0, 0
	for ; ; i++ {
		if i >= capacity {
			return "", false
		}
		c := character(i)
		if c == ':' && i > 0 {
			break
		}
		if c < '0' || c > '9' {
			return "", false
		}
		if length = 10*length + int(c-'0'); length > min(capacity, maxText) {
			return "", false
		}
	}
	if i+1+length > capacity {
		return "", false
	}
	var text strings.Builder
	for end := i + 1 + length; i+1 < end; i++ {
		text.WriteRune(rune(character(i + 1)))
	}
	return text.String(), true
}

// Bare takes the text out of a picture's pixels: all their lowest bits become zero, which nobody sees.
func Bare(pix []byte) {
	for i := range pix {
		if i%4 < 3 {
			pix[i] &^= 1
		}
	}
}
