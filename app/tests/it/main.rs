//! Tests through the router, on a real database. One binary, one private cluster; every test has a database of its own.

#![allow(clippy::print_stderr)]

mod world;

mod access;
mod accounts;
mod alarms;
mod announcements;
mod architecture;
mod attack;
mod bad_input;
mod bench;
mod canary;
mod data_map;
mod departures;
mod devices;
mod disclosure;
mod doctor;
mod documents;
mod face_sheets;
mod facility;
mod files;
mod given_up;
mod groups;
mod home;
mod incidents;
mod invitations;
mod jobs;
mod limits;
mod mail;
mod operators;
mod patients;
mod posts;
mod proxies;
mod reading;
mod regions;
mod serve;
mod service_modes;
mod sign_in;
mod status;
mod support;
mod tls;
mod upgrade;
mod watch;
mod webhook;
mod why;
