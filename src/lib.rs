//! Kyoten reads the logs that an incident responder was handed and answers one question: which connections
//! between our sites should not have occurred?
#![forbid(unsafe_code)]
