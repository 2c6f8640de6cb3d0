"""Django's settings, made from the declaration in `config`."""

import mimetypes
from typing import Any

from praya.definition import sizes
from praya.kernel import plug
from praya.project import config, databases, keys, logs, wiring

PRAYA = config.in_use()

DEBUG = False
SECRET_KEY = keys.signing_key(PRAYA)
SECRET_KEY_FALLBACKS = list(PRAYA.secret_key_fallbacks)
ALLOWED_HOSTS = list(PRAYA.allowed_hosts)
keys.ensure_master_keys(PRAYA)

INSTALLED_APPS = ["django.contrib.staticfiles", "praya.project.installation", *wiring.applications()]
ROOT_URLCONF = "praya.project.preview_urls" if PRAYA.mode == "preview" else "praya.project.urls"
WSGI_APPLICATION = "praya.project.wsgi.application"

MIDDLEWARE = [
    "praya.project.requests.RequestRecord",
    "praya.project.security.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "praya.web.file_names.FileNames",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    # Only a preview has its bar, and only a preview has the addresses behind it.
    *(["praya.web.preview.bar.Bar"] if PRAYA.mode == "preview" else []),
    "praya.web.errors.Refusals",
]
CSRF_FAILURE_VIEW = "praya.web.errors.forgery"

DATABASES: dict[str, dict[str, Any]] = {"default": databases.from_configuration(PRAYA)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# Pages. The environment gives templates their words and components.
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": plug.folders("templates"),
        "OPTIONS": {"environment": "praya.web.pages.environment"},
    }
]
FORM_RENDERER = "django.forms.renderers.Jinja2"

# Files that browsers fetch: gathered once at start-up, named by their content, so cached for ever.
STATIC_URL = "/static/"
STATIC_ROOT = PRAYA.data_dir / "static"
STATICFILES_DIRS = plug.folders("static")
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
WHITENOISE_USE_FINDERS = PRAYA.throwaway
# Media types must not depend on this machine's own table, which may lack some.
mimetypes.add_type("font/woff2", ".woff2")
mimetypes.add_type("text/javascript", ".js")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if PRAYA.throwaway
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# Languages and time.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hant", "繁體中文"), ("zh-hans", "简体中文")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = PRAYA.time_zone

# Sessions live in a signed cookie: nothing personal inside, and one number to compare (docs/decisions, 5).
_cookie = "__Host-praya-" if PRAYA.secure else "praya-"
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
SESSION_COOKIE_NAME = _cookie + "session"
SESSION_COOKIE_AGE = PRAYA.session_minutes * 60
# The cookie with marks of the addresses that signed in here: codes requested elsewhere do not lock this browser out.
KNOWN_COOKIE_NAME = _cookie + "known"
# The cookie with the key that opens input of this browser that could not be processed.
TYPED_COOKIE_NAME = _cookie + "typed"
# The cookie with a pseudonym of the officer whose visits this browser keeps to work without a network.
KEPT_COOKIE_NAME = _cookie + "kept"
KNOWN_COOKIE_AGE = 365 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = PRAYA.secure
CSRF_COOKIE_NAME = _cookie + "csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = PRAYA.secure
CSRF_TRUSTED_ORIGINS = [PRAYA.base_url]

# Django sets only what depends on https; `security` sets the headers of every response.
SECURE_SSL_REDIRECT = PRAYA.mode == "production" and PRAYA.behind_proxy
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRAYA.behind_proxy and PRAYA.secure else None
SECURE_HSTS_SECONDS = 63072000 if PRAYA.secure and not PRAYA.demo else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRAYA.hsts_subdomains
SECURE_CONTENT_TYPE_NOSNIFF = False
SECURE_REFERRER_POLICY = None
SECURE_CROSS_ORIGIN_OPENER_POLICY = None

# Limits of the size of a request.
DATA_UPLOAD_MAX_MEMORY_SIZE = PRAYA.request_max_kb * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = sizes.MOST_FIELDS
DATA_UPLOAD_MAX_NUMBER_FILES = sizes.MOST_FILES
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600

# Mail.
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = PRAYA.smtp_host or ""
EMAIL_PORT = PRAYA.smtp_port
EMAIL_HOST_USER = PRAYA.smtp_user or ""
EMAIL_HOST_PASSWORD = PRAYA.smtp_password.get_secret_value() if PRAYA.smtp_password else ""
EMAIL_USE_TLS = PRAYA.smtp_starttls
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = PRAYA.smtp_from

LOGGING_CONFIG = None
logs.configure(PRAYA)
