#!/bin/sh
# Run once by the PostgreSQL image, on an empty volume: the bot's four databases, and a user that can do nothing else.
set -eu
psql --set ON_ERROR_STOP=1 --set password="${DATABASE_PASSWORD:?}" --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
CREATE ROLE bot LOGIN PASSWORD :'password';
CREATE DATABASE escalations OWNER bot;
CREATE DATABASE conversations OWNER bot;
CREATE DATABASE insights OWNER bot;
CREATE DATABASE messaging OWNER bot;
REVOKE ALL ON DATABASE escalations, conversations, insights, messaging FROM PUBLIC;
SQL
