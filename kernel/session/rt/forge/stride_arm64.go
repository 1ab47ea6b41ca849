package forge

const slotStride = 32
