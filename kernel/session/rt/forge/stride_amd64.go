package forge

const slotStride = 16
