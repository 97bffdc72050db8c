import './tv-page';
