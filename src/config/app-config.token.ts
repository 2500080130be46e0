export const APP_CONFIG = Symbol('parallax:app-config');
