//! Tests through the router, on a real database. One binary, one private cluster; every test has a database of its own.

#![allow(clippy::print_stderr)]

mod world;

mod access;
mod accounts;
mod alarms;
mod announcements;
mod applications;
mod architecture;
mod attack;
mod bad_input;
mod bench;
mod canary;
mod data_map;
mod departures;
mod disclosure;
mod doctor;
mod documents;
mod face_sheets;
mod facility;
mod factors;
mod files;
mod given_up;
mod groups;
mod home;
mod incidents;
mod invitations;
mod jobs;
mod joining;
mod limits;
mod mail;
mod operators;
mod passkeys;
mod patients;
mod posts;
mod proxies;
mod reading;
mod recovery;
mod regions;
mod reviews;
mod serve;
mod service_modes;
mod sign_in;
mod sign_in_attacks;
mod sign_in_notices;
mod single_sign_on;
mod status;
mod step_up;
mod support;
mod tls;
mod upgrade;
mod watch;
mod webhook;
mod why;
mod work_orders;
