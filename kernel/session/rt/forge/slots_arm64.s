#include "textflag.h"

// Entries through which the runtime calls methods of forged types; slots.go
// explains. Each is 32 bytes long. R26 is the closure register of Go's internal
// calling convention, R16 is scratch in it.

#define ENTRY(i) \
	MOVD ·slotFuncs+(8*(i))(SB), R26; \
	MOVD (R26), R16; \
	JMP (R16); \
	PCALIGN $32;

#define E8(i) ENTRY(i) ENTRY(i+1) ENTRY(i+2) ENTRY(i+3) ENTRY(i+4) ENTRY(i+5) ENTRY(i+6) ENTRY(i+7)
#define E64(i) E8(i) E8(i+8) E8(i+16) E8(i+24) E8(i+32) E8(i+40) E8(i+48) E8(i+56)
#define E512(i) E64(i) E64(i+64) E64(i+128) E64(i+192) E64(i+256) E64(i+320) E64(i+384) E64(i+448)

TEXT ·slotCode(SB), NOSPLIT|NOFRAME, $0-0
	PCALIGN $32
	E512(0)
	E512(512)
	E512(1024)
	E512(1536)
	E512(2048)
	E512(2560)
	E512(3072)
	E512(3584)
	E512(4096)
	E512(4608)
	E512(5120)
	E512(5632)
	E512(6144)
	E512(6656)
	E512(7168)
	E512(7680)
	RET

DATA ·slotBase+0(SB)/8, $·slotCode(SB)
GLOBL ·slotBase(SB), NOPTR, $8
