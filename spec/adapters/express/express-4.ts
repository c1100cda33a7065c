import type express from 'express';
// @ts-expect-error: it is express under another name, which has no types of its own.
import module from 'express-4';

/** Express 4. It has the types of Express 5, whose names in use here are the same. */
export const express4: typeof express = module;
