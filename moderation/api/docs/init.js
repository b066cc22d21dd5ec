"use strict";

// Nothing is remembered and nobody else is asked: a key that is tried here is gone with the page.
window.SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
});
