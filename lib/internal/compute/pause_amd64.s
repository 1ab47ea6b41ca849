#include "textflag.h"

// func pause(n int)
// Spins n times with the processor's hint that this is a spin loop. n must be positive.
TEXT ·pause(SB), NOSPLIT, $0-8
	MOVQ n+0(FP), CX
loop:
	PAUSE
	SUBQ $1, CX
	JNZ  loop
	RET
