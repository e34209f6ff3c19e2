//! Tiles with many colours, and the colours of palettes: four planes of differences.

/// Appends the planes of blue less green, green, red less green, and alpha, one after the other, each as
/// differences from one pixel to the next in the order of rows, the first from zero. All arithmetic wraps
/// around.
pub(crate) fn write(pixels: &[[u8; 4]], into: &mut Vec<u8>) {
    let start = into.len();
    into.resize(start + pixels.len() * 4, 0);
    let (blues, rest) = into[start..].split_at_mut(pixels.len());
    let (greens, rest) = rest.split_at_mut(pixels.len());
    let (reds, alphas) = rest.split_at_mut(pixels.len());
    let (mut blue, mut green, mut red, mut alpha) = (0u8, 0u8, 0u8, 0u8);
    for (i, &[b, g, r, a]) in pixels.iter().enumerate() {
        let (b, r) = (b.wrapping_sub(g), r.wrapping_sub(g));
        (blues[i], blue) = (b.wrapping_sub(blue), b);
        (greens[i], green) = (g.wrapping_sub(green), g);
        (reds[i], red) = (r.wrapping_sub(red), r);
        (alphas[i], alpha) = (a.wrapping_sub(alpha), a);
    }
}
