"""The instruments: each function makes one sound, mono float32, around full scale.

Called by the styles. Only numpy; a voice that needs chance takes the generator, so a seed gives one sound.
"""

from __future__ import annotations

import numpy as np

from app.demo.score import RATE
from models.types import F32


def clock(seconds: float) -> F32:
    """Time in seconds of every sample."""
    return np.arange(max(round(seconds * RATE), 1), dtype=np.float32) / np.float32(RATE)


def turns(hertz: float, time: F32) -> F32:
    """Phase in turns (0..1); in double precision inside, so that long tones stay in tune."""
    turned = hertz * time.astype(np.float64)
    return np.asarray(turned - np.floor(turned), np.float32)  # exactly what % 1 gives, and five times as fast


def sine(hertz: float, time: F32) -> F32:
    """A plain sine."""
    return np.asarray(np.sin(np.float32(2 * np.pi) * turns(hertz, time)), np.float32)


def shape(time: F32, attack: float, release: float) -> F32:
    """Envelope that rises over `attack` seconds and falls over the last `release` seconds."""
    rest = time[-1] - time
    rise = np.clip(time / np.float32(max(attack, 1e-4)), 0, 1)
    return np.asarray(rise * np.clip(rest / np.float32(max(release, 1e-4)), 0, 1), np.float32)


def coloured(noise: F32, low: float, high: float) -> F32:
    """Noise between two frequencies (Hz), with gentle edges; one transform over the whole sound."""
    spectrum = np.fft.rfft(noise)
    heard = np.fft.rfftfreq(len(noise), 1 / RATE)
    gain = 1 / (1 + (low / np.maximum(heard, 1e-3)) ** 4) / (1 + (heard / high) ** 4)
    return np.asarray(np.fft.irfft(spectrum * gain, len(noise)), np.float32)


def pluck(rng: np.random.Generator, hertz: float, seconds: float, bright: float, sustain: float = 1.0) -> F32:
    """A plucked string after Karplus and Strong (1983).

    `bright` in 0..1 is how hard the pluck is; `sustain` below 1 damps the string. The delay line is worked
    through a period at a time: every period is the mean of its neighbours in the period before.
    """
    period = max(round(RATE / hertz - 0.5), 2)
    excitation = rng.uniform(-1, 1, period).astype(np.float32)
    for _ in range(round((1 - bright) * 8)):
        excitation = np.asarray((excitation + np.roll(excitation, 1)) / 2, np.float32)
    excitation -= excitation.mean()
    excitation /= max(float(np.abs(excitation).max()), 1e-6)
    rows = int(np.ceil(seconds * RATE / period * 1.1)) + 2
    string = np.empty((rows, period), np.float32)
    string[0] = excitation
    # Low strings lose little per period, high ones much: the same time of decay for both.
    damping = np.float32(0.5 * (0.996 * sustain) ** (110.0 / max(hertz, 55.0)))
    for row in range(1, rows):
        before = string[row - 1]
        string[row, 1:] = before[1:] + before[:-1]
        string[row, 0] = before[0] + (string[row - 2, -1] if row > 1 else before[-1])
        string[row] *= damping
    # The line is half a sample longer than its length; reading it a little faster or slower tunes it.
    speed = (period + 0.5) * hertz / RATE
    sound = np.interp(np.arange(round(seconds * RATE)) * speed, np.arange(string.size), string.reshape(-1))
    return np.asarray(sound * shape(clock(seconds), 0.001, 0.06), np.float32)


def pulse(hertz: float, seconds: float, duty: float) -> F32:
    """The rectangle wave of a games console, with a short quiet tail."""
    time = clock(seconds)
    wave = np.where(turns(hertz, time) < duty, np.float32(1), np.float32(-1)) - np.float32(2 * duty - 1)
    return np.asarray(wave * np.exp(-time * np.float32(2.2)) * shape(time, 0.002, 0.01), np.float32)


def stepped_triangle(hertz: float, seconds: float) -> F32:
    """A triangle wave in 16 steps, the bass of a games console."""
    time = clock(seconds)
    triangle = 1 - 4 * np.abs(turns(hertz, time) - 0.5)
    return np.asarray(np.round(triangle * 7.5) / 7.5 * shape(time, 0.002, 0.01), np.float32)


def bell(hertz: float, seconds: float, metal: float) -> F32:
    """A struck bell: inharmonic partials, the high ones dying first; `metal` in 0..1 strengthens them."""
    time = clock(seconds)
    sound = np.zeros_like(time)
    partials = ((0.5, 0.5, 1.4), (1.0, 1.0, 1.0), (1.19, 0.7, 0.8), (2.0, 0.6, 0.6), (2.74, 0.5, 0.4))
    higher = ((3.0, 0.3, 0.35), (4.1, 0.4, 0.22), (5.43, 0.3, 0.14), (6.8, 0.2, 0.09))
    for ratio, weight, life in partials + higher:
        if hertz * ratio < RATE / 2.2:
            strength = weight * (metal if ratio > 2 else 1.0)
            fall = np.exp(-time / np.float32(life * seconds / 3.5))
            sound += np.float32(strength) * sine(hertz * ratio, time) * fall
    return np.asarray(sound * shape(time, 0.002, 0.2) / 2.5, np.float32)


def fm_pad(hertz: float, seconds: float, ratio: float, depth: float) -> F32:
    """A slowly swelling tone by frequency modulation (Chowning 1973): one modulator, its index breathing."""
    time = clock(seconds)
    index = np.float32(depth) * (0.4 + 0.6 * np.sin(np.pi * time / np.float32(seconds)) ** 2)
    sound = np.zeros_like(time)
    for detune in (-0.0017, 0.0019):
        modulator = sine(hertz * ratio * (1 + detune), time)
        phase = np.float32(2 * np.pi) * turns(hertz * (1 + detune), time)
        sound += np.sin(phase + index * modulator)
    return np.asarray(sound * shape(time, seconds * 0.35, seconds * 0.4) / 2, np.float32)


def electric_piano(hertz: float, seconds: float) -> F32:
    """A short electric-piano tone by frequency modulation, bright at the start."""
    time = clock(seconds)
    index = np.float32(1.6) * np.exp(-time * 6)
    phase = np.float32(2 * np.pi) * turns(hertz, time)
    tone = np.sin(phase + index * sine(hertz * 2, time)) * np.exp(-time * 2.4)
    return np.asarray(tone * shape(time, 0.004, 0.08), np.float32)


def drone_tone(rng: np.random.Generator, hertz: float, seconds: float, partials: int) -> F32:
    """A long tone whose partials swell and sink on their own, minutes-slow."""
    time = clock(seconds)
    sound = np.zeros_like(time)
    for number in range(1, partials + 1):
        drift = 1 + rng.normal(0, 0.0012)
        slow = sine(float(rng.uniform(0.02, 0.11)), time + np.float32(rng.uniform(0, 40)))
        sound += (0.55 + 0.45 * slow) * sine(hertz * number * drift, time) / np.float32(number**0.9)
    return np.asarray(sound / 2.5, np.float32)


def kick(seconds: float = 0.32, deep: float = 48.0) -> F32:
    """A bass drum: a sine that falls in pitch."""
    time = clock(seconds)
    sweep = deep * time + (2.4 * deep / 32) * (1 - np.exp(-time * 32))
    return np.asarray(np.sin(2 * np.pi * sweep) * np.exp(-time * 9) * shape(time, 0.001, 0.03), np.float32)


def snare(rng: np.random.Generator, tone: float = 185.0, rattle: float = 0.8) -> F32:
    """A snare drum: a short tone and a rattle of noise."""
    time = clock(0.22)
    noise = coloured(rng.standard_normal(len(time)).astype(np.float32), 900, 9000)
    drum = sine(tone, time) * np.exp(-time * 26) + np.float32(rattle) * noise * np.exp(-time * 17)
    return np.asarray(drum * shape(time, 0.001, 0.03), np.float32)


def cymbal(rng: np.random.Generator, seconds: float, low: float = 6500.0) -> F32:
    """A hi-hat or ride: bright noise, its length says which."""
    time = clock(seconds)
    noise = coloured(rng.standard_normal(len(time)).astype(np.float32), low, 15_000)
    return np.asarray(noise * np.exp(-time * np.float32(5 / seconds)) * shape(time, 0.001, 0.01), np.float32)
