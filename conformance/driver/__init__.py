"""The frontend driver: the browser and the Backstage frontend, played against a target."""
