"""The shader that colours the rig: painted skin, eyes, teeth and hair under one key light.

It works in linear light and in grey, and writes value, coverage and blending weight.
"""

VERTEX = """
#version 330
uniform mat4 to_crop;
uniform mat3 head;
in vec3 in_point;
in vec3 in_normal;
in vec3 in_rest;
in vec2 in_uv;
in float in_kind;
in float in_hollow;
out vec3 normal;
out vec3 rest;
out vec2 uv;
out float hollow;
flat out int kind;
void main() {
    gl_Position = to_crop * vec4(in_point, 1.0);
    normal = head * in_normal;
    rest = in_rest;
    uv = in_uv;
    hollow = in_hollow;
    kind = int(in_kind + 0.5);
}
"""

FRAGMENT = """
#version 330
uniform sampler2D paint0, paint1, paint2, paint3, noise;
uniform vec4 skin;        // tone, mottling, shine, hollow darkening
uniform vec4 brow;        // strength, tone, edge, raggedness
uniform vec4 face_paint;  // lip tone factor, lash, beard, socket
uniform vec4 more_paint;  // blush, nostril, beard tone, freckles
uniform vec4 hair;        // tone, amount, line shift, streaks
uniform vec4 eye;         // iris tone, iris radius, pupil radius, sclera tone
uniform vec4 mouth;       // teeth tone, light inside, cloth tone, cloth height
uniform vec4 light;       // key, ambient, sky share, wrap
uniform vec4 tone;        // exposure, gamma, frame tone, lens glare
uniform vec3 key_way;
uniform vec2 sneer, furrow, forehead, crow, fold, dimple, cheekfold;
uniform float chin, noise_scale, brow_shift;
uniform vec2 noise_shift;
in vec3 normal;
in vec3 rest;
in vec2 uv;
in float hollow;
flat in int kind;
out vec4 colour;

float own(vec2 sides) { return rest.x > 0.0 ? sides.x : sides.y; }

void main() {
    vec4 grain = texture(noise, uv * noise_scale + noise_shift);
    vec4 fine = texture(noise, uv * noise_scale * 4.0 + noise_shift.yx);
    vec3 n = normalize(normal);
    float albedo = 0.5, shine = 0.0, gloss = 18.0, alpha = 1.0, shade = 1.0;
    if (kind == 0 || kind == 1) {
        albedo = skin.x * (1.0 + skin.y * ((grain.r - 0.5) + 0.6 * (fine.g - 0.5)));
        shine = skin.z;
        shade = clamp(1.0 - skin.w * clamp(hollow, -0.4, 1.2), 0.25, 1.25);
        float scalp = smoothstep(0.25, -0.75, min(rest.z + 1.5, 8.5 - rest.y));
        scalp *= step(-6.0, rest.y);
        if (kind == 1) {
            vec4 a = texture(paint0, uv), b = texture(paint1, uv);
            vec4 c = texture(paint2, uv), d = texture(paint3, uv);
            albedo *= 1.0 - more_paint.w * smoothstep(0.62, 0.75, fine.b) * b.a;
            albedo *= mix(1.0, face_paint.x, a.g);
            albedo *= 1.0 - more_paint.x * b.a;
            albedo = mix(albedo, more_paint.z, face_paint.z * a.a * (0.55 + 0.9 * fine.r));
            albedo *= 1.0 - face_paint.w * b.b;
            float dark = own(sneer) * c.r + own(furrow) * c.g + own(forehead) * c.b
                + own(crow) * c.a + own(fold) * b.g + own(dimple) * d.r + own(cheekfold) * d.a
                + chin * d.g * (0.4 + 1.2 * step(0.5, fine.a));
            albedo *= exp(-dark);
            float ridge = texture(paint0, uv + vec2(0.0, brow_shift)).r;
            float hairs = smoothstep(brow.z, brow.z + 0.25, ridge + brow.w * (fine.r - 0.5));
            albedo = mix(albedo, brow.y, clamp(brow.x * hairs, 0.0, 1.0));
            albedo *= 1.0 - face_paint.y * a.b;
            albedo *= 1.0 - more_paint.y * b.r;
            scalp = smoothstep(0.35, 0.65, d.b + hair.z + 0.25 * (grain.g - 0.5));
        }
        float strands = 1.0 + hair.w * (texture(noise, vec2(rest.x * 0.35, rest.y * 0.04)
            + noise_shift).r - 0.5);
        float covered = hair.y * scalp;
        albedo = mix(albedo, hair.x * strands, covered);
        shine = mix(shine, 0.15 * hair.x, covered);
        if (rest.y < mouth.w + 1.5 * (grain.b - 0.5) * 0.2) { albedo = mouth.z; shine = 0.0; }
    } else if (kind == 2) {
        float r = length(uv - 0.5);
        float ring = smoothstep(eye.y + 0.010, eye.y - 0.008, r);
        float inner = smoothstep(eye.z + 0.006, eye.z - 0.006, r);
        float iris = eye.x * (0.75 + 0.5 * smoothstep(eye.z, eye.y, r))
            * (1.0 - 0.55 * smoothstep(eye.y - 0.025, eye.y, r));
        albedo = mix(eye.w * (0.95 + 0.1 * grain.r), mix(iris, 0.01, inner), ring);
        shade = 1.0 - clamp(hollow, 0.0, 0.8);
        shine = 0.6;
        gloss = 160.0;
    } else if (kind == 3) {
        albedo = mouth.x;
        shade = mouth.y * smoothstep(5.0, 10.3, rest.z);
        shine = 0.1;
    } else if (kind == 4) {
        albedo = 0.25;
        shade = mouth.y * smoothstep(6.0, 11.0, rest.z);
    } else if (kind == 5) {
        albedo = 0.02;
        alpha = face_paint.y * 0.55;
    } else if (kind == 6) {
        albedo = tone.z;
        shine = 0.3;
    } else if (kind == 7) {
        albedo = hair.x * (1.0 + hair.w * (texture(noise, vec2(uv.x * 6.0, uv.y * 0.2)).r - 0.5));
        shade = 0.9;
    } else {
        albedo = 1.0;
        alpha = tone.w;
    }
    if (n.z < 0.0) n = -n;
    float facing = (dot(n, key_way) + light.w) / (1.0 + light.w);
    float key = light.x * max(facing, 0.0);
    float around = light.y * mix(1.0, 0.5 + 0.5 * n.y, light.z);
    vec3 half_way = normalize(key_way + vec3(0.0, 0.0, 1.0));
    float glint = light.x * shine * pow(max(dot(n, half_way), 0.0), gloss) * step(0.0, facing);
    float lit = tone.x * (shade * albedo * (key + around) + glint);
    lit = 1.0 - exp(-1.4 * lit);
    colour = vec4(pow(lit, 1.0 / tone.y), 1.0, 0.0, alpha);
}
"""
