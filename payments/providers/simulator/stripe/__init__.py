"""The Stripe half: its API, its hosted payment page, its events. Nothing here knows how HTTP reaches it."""
